import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { CodedError, errorBody } from "@parloir/contracts/errors.ts";
import type { Limits } from "@parloir/platform/env.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { createTokenBuckets } from "@parloir/platform/token-bucket.ts";
import type { EventLoopLag } from "./event-loop-lag.ts";

/**
 * Refuses new handshakes over the rate, the cap or the lag, before any work was done for them: a storm of
 * reconnects is absorbed by making it wait.
 *
 * The answer is a plain 503 with a hint, not a `connect_error` of the namespace: every Socket.IO client comes back
 * by itself after the former, and never after the latter.
 */
export interface Admission {
  /** Null when a new session may begin. */
  refusal: () => CodedError | null;
}

const retryHintMs = 1_000;

export function createAdmission(options: {
  limits: Limits;
  lag: EventLoopLag;
  sockets: () => number;
  isDraining: () => boolean;
  metrics: Metrics;
}): Admission {
  const { limits } = options;
  const refusals = options.metrics.get("parloir_limit_refusals_total");
  const rate = createTokenBuckets(limits.connectsPerSecond, limits.connectsPerSecond);

  function problem(): string | null {
    if (options.isDraining()) return "this gateway is draining";
    if (limits.maxSockets > 0 && options.sockets() >= limits.maxSockets)
      return exceeded("sockets", "this gateway is full");
    if (limits.eventLoopLagMs > 0 && options.lag.ms() > limits.eventLoopLagMs)
      return exceeded("event_loop_lag", "this gateway is busy");
    return rate.take("handshakes") > 0 ? exceeded("connects", "too many connections at once") : null;
  }

  function exceeded(limit: string, message: string): string {
    refusals.inc({ limit });
    return message;
  }

  return {
    refusal() {
      const message = problem();
      if (message === null) return null;
      return new CodedError("UNAVAILABLE", message, { retryAfterMs: retryHintMs * (1 + Math.random()) });
    },
  };
}

/** Puts the admission in front of whatever listens on the server already. */
export function guardHandshakes(server: Server, admission: Admission, onRefused: () => void): void {
  guard(server, "request", (request, response: ServerResponse) => {
    const refusal = isHandshake(request) ? admission.refusal() : null;
    if (!refusal) return true;
    onRefused();
    response.writeHead(503, { "content-type": "application/json", "retry-after": "1", connection: "close" });
    response.end(JSON.stringify(errorBody(refusal)));
    return false;
  });
  guard(server, "upgrade", (request, socket: Duplex) => {
    // Nobody else listens yet, and a connection that is reset meanwhile would otherwise end the process (measured:
    // a storm of 2,000 reconnects did).
    socket.on("error", () => socket.destroy());
    const refusal = isHandshake(request) ? admission.refusal() : null;
    if (!refusal) return true;
    onRefused();
    socket.end(
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    return false;
  });
}

function guard<Target>(
  server: Server,
  event: "request" | "upgrade",
  admits: (request: IncomingMessage, target: Target) => boolean,
): void {
  const listeners = server.listeners(event) as ((...args: unknown[]) => void)[];
  server.removeAllListeners(event);
  const guarded = (request: IncomingMessage, target: Target, ...rest: unknown[]) => {
    if (admits(request, target))
      for (const listener of listeners) listener.call(server, request, target, ...rest);
  };
  server.on(event, guarded as never);
}

/** A request of Socket.IO that belongs to no session yet. */
function isHandshake(request: IncomingMessage): boolean {
  const url = request.url ?? "";
  return url.startsWith("/socket.io/") && !/[?&]sid=[^&]/.test(url);
}
