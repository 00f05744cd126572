import { randomBytes } from "node:crypto";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { TracingConfig } from "./env-tracing.ts";
import type { Log } from "./log.ts";

/**
 * W3C trace context on the way of a message: each step that somebody traces names the one before as its parent. A
 * message that nobody traces has no steps: it costs one comparison at each.
 */
export interface Tracing {
  /**
   * Where a message comes into the cluster. Who sent no context begins a trace of the cluster's own, if traces are
   * exported and the sampler wants this one.
   */
  enter: (step: TraceStep, traceparent: string | undefined) => Span | undefined;
  /** Further on: a step of the trace that came along, if any did. */
  step: (step: TraceStep, traceparent: string | undefined) => Span | undefined;
  /** Exports what is left. */
  stop: () => Promise<void>;
}

export type TraceStep = "send_message" | "commit" | "publish" | "deliver" | "notify" | "search";

export interface Span {
  /** What goes along to the next step. */
  traceparent: string;
  end: (details?: SpanDetails) => void;
}

/** Never what a message says. */
export interface SpanDetails {
  conversationId?: string;
  seq?: number;
  /** Gateways that a publish reached, or sockets that a message was written to. */
  receivers?: number;
  /** The code of what went wrong; without one the step was done. */
  error?: string;
}

/** The context goes through, and nothing is kept. */
export const passingTracing: Tracing = {
  enter: pass,
  step: pass,
  stop: () => Promise.resolve(),
};

function pass(_step: TraceStep, traceparent: string | undefined): Span | undefined {
  if (traceparent === undefined) return undefined;
  const spanId = randomBytes(8).toString("hex");
  return {
    traceparent: `00-${traceparent.slice(3, 35)}-${spanId}-${traceparent.slice(-2)}`,
    end: () => undefined,
  };
}

/** The library is loaded only where somebody wants traces. */
export async function startTracing(
  config: TracingConfig | null,
  options: { role: string; nodeName: string; log: Log },
): Promise<Tracing> {
  if (config === null) return passingTracing;
  const { createExportingTracing } = await import("./tracing-export.ts");
  return createExportingTracing(config, options);
}

/** Ends the span with the work on one message. */
export async function traced<Done extends { conversationId: string; seq: number }>(
  span: Span,
  work: Promise<Done>,
): Promise<Done> {
  try {
    const done = await work;
    span.end({ conversationId: done.conversationId, seq: done.seq });
    return done;
  } catch (error) {
    span.end({ error: codeOf(error) });
    throw error;
  }
}

export function codeOf(error: unknown): string {
  return error instanceof CodedError ? error.code : "INTERNAL";
}
