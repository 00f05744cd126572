import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TracingConfig } from "./env-tracing.ts";
import type { Log } from "./log.ts";
import type { Span, SpanDetails, TraceStep, Tracing } from "./tracing.ts";

/** Spans by OTLP over HTTP. A collector that is away costs spans and never a message. */

/** Of one export, its tries included: less than a process has to end in. */
const exportMs = 5_000;
/** Spans wait so long for others to go with. */
const gatherMs = 2_000;

const kinds: Record<TraceStep, SpanKind> = {
  send_message: SpanKind.SERVER,
  commit: SpanKind.SERVER,
  publish: SpanKind.PRODUCER,
  deliver: SpanKind.CONSUMER,
  notify: SpanKind.CONSUMER,
  search: SpanKind.CONSUMER,
};

export async function createExportingTracing(
  config: TracingConfig,
  { role, nodeName, log }: { role: string; nodeName: string; log: Log },
): Promise<Tracing> {
  const provider = new TracerProvider({
    sampler: samplerOf(config),
    resource: resourceFromAttributes({
      "service.namespace": "parloir",
      ...config.attributes,
      "service.name": config.serviceName ?? `parloir-${role}`,
      "service.instance.id": nodeName,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: telling(await exporterOf(config), log),
        scheduledDelayMillis: gatherMs,
        exportTimeoutMillis: exportMs,
      }),
    ],
  });
  const tracer = provider.getTracer("parloir");

  function begin(step: TraceStep, parent: Context): Span {
    const span = tracer.startSpan(step, { kind: kinds[step] }, parent);
    return {
      traceparent: textOf(span.spanContext()),
      end(details = {}) {
        span.setAttributes(attributesOf(details));
        if (details.error !== undefined)
          span.setStatus({ code: SpanStatusCode.ERROR, message: details.error });
        span.end();
      },
    };
  }

  function step(name: TraceStep, traceparent: string | undefined): Span | undefined {
    return traceparent === undefined ? undefined : begin(name, contextOf(traceparent));
  }

  return {
    step,
    enter(name, traceparent) {
      if (traceparent !== undefined) return step(name, traceparent);
      const span = begin(name, ROOT_CONTEXT);
      // What the sampler left out need not be carried along.
      return isSampled(span.traceparent) ? span : undefined;
    },
    stop: () =>
      provider.shutdown().catch((error: unknown) => log.debug({ err: error }, "spans were not exported")),
  };
}

function samplerOf({ sampler, ratio }: TracingConfig): Sampler {
  const roots: Record<string, () => Sampler> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  const root = roots[sampler.replace("parentbased_", "")]!();
  return sampler.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root;
}

async function exporterOf({ url, headers, protocol }: TracingConfig): Promise<SpanExporter> {
  const options = { url, headers, timeoutMillis: exportMs };
  const { OTLPTraceExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter(options);
}

/** Says once per outage that the collector does not take spans; the library itself is silent about it. */
function telling(exporter: SpanExporter, log: Log): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed && !failing) log.warn({ err: result.error }, "spans are lost: the collector fails");
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

/** Checked by the schema before it came here. */
function contextOf(traceparent: string): Context {
  const remote: SpanContext = {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53), 16),
    isRemote: true,
  };
  return isSpanContextValid(remote) ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
}

function textOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function isSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(-2), 16) & 1) === 1;
}

function attributesOf({ conversationId, seq, receivers, error }: SpanDetails): Attributes {
  return {
    ...(conversationId === undefined ? {} : { "parloir.conversation.id": conversationId }),
    ...(seq === undefined ? {} : { "parloir.message.seq": seq }),
    ...(receivers === undefined ? {} : { "parloir.receivers": receivers }),
    ...(error === undefined ? {} : { "error.type": error }),
  };
}
