import type { Reader } from "./environment-reader.ts";

/** Where traces go, by the variables that every program with OpenTelemetry reads. */
export interface TracingConfig {
  /** Of the collector, with its path. */
  url: string;
  protocol: TraceProtocol;
  headers: Record<string, string>;
  /** Null: by the kind of process. */
  serviceName: string | null;
  attributes: Record<string, string>;
  sampler: TraceSampler;
  /** Of traces, 0 to 1, for the samplers by ratio. */
  ratio: number;
}

const protocols = ["http/protobuf", "http/json"] as const;
export type TraceProtocol = (typeof protocols)[number];

const samplers = [
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
  "always_on",
  "always_off",
  "traceidratio",
] as const;
export type TraceSampler = (typeof samplers)[number];

/** Null: nothing is exported. All of it is read either way, so that one is told of every mistake at once. */
export function tracing(env: Reader): TracingConfig | null {
  const base = endpoint(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const own = endpoint(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const url = own ?? (base === null ? null : `${base.replace(/\/+$/, "")}/v1/traces`);
  const config = {
    protocol: chosen(env, "OTEL_EXPORTER_OTLP_PROTOCOL", protocols),
    headers: pairs(env, "OTEL_EXPORTER_OTLP_HEADERS"),
    serviceName: env.optional("OTEL_SERVICE_NAME"),
    attributes: pairs(env, "OTEL_RESOURCE_ATTRIBUTES"),
    sampler: chosen(env, "OTEL_TRACES_SAMPLER", samplers),
    ratio: ratio(env),
  };
  const isOff = env.text("OTEL_SDK_DISABLED", "false").toLowerCase() === "true";
  return url === null || isOff ? null : { url, ...config };
}

function endpoint(env: Reader, name: string): string | null {
  const url = env.optional(name);
  if (url !== null && !/^https?:\/\/[^/]/.test(url)) env.problem(`${name} is no http:// or https:// URL`);
  return url;
}

/** The first is the default, as OpenTelemetry has it. */
function chosen<Choice extends string>(
  env: Reader,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const value = env.oneOf(name, [...choices], choices[0]);
  return choices.find((each) => each === value) ?? choices[0];
}

/** `name=value` separated by commas, percent-encoded. A header may be a secret: problems name the variable alone. */
function pairs(env: Reader, name: string): Record<string, string> {
  const entries = env.list(name).map((entry): [string, string] => {
    const [key, ...value] = entry.split("=");
    if (!key || value.length === 0) env.problem(`${name} must be name=value, separated by commas`);
    return [decoded(env, name, key ?? "").trim(), decoded(env, name, value.join("=")).trim()];
  });
  return Object.fromEntries(entries);
}

function decoded(env: Reader, name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    env.problem(`${name} holds what is not percent-encoded`);
    return "";
  }
}

function ratio(env: Reader): number {
  const text = env.text("OTEL_TRACES_SAMPLER_ARG", "1");
  const value = Number(text);
  if (value >= 0 && value <= 1) return value;
  env.problem("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1");
  return 1;
}
