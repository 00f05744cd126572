import type { IncomingMessage } from "node:http";
import { CodedError, errorBody } from "@parloir/contracts/errors.ts";
import type { Identity, VerifyToken } from "@parloir/platform/auth.ts";
import type { GatewayConfig } from "@parloir/platform/env.ts";
import { createTokenBuckets } from "@parloir/platform/token-bucket.ts";
import type { GatewaySocket } from "./context.ts";
import type { EventLoopLag } from "./event-loop-lag.ts";

/** Who may connect. Every refusal is a `connect_error` that carries `{code, message, retryable}`. */

/**
 * CORS does not guard WebSockets: the Origin is compared here. Clients that are no browsers send none.
 * Without configured origins, in development, the page's own host is accepted.
 */
export function originAllowed(request: IncomingMessage, allowed: string[]): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  // A page of the cluster itself: same host and port as the request, behind the balancer too.
  return URL.canParse(origin) && new URL(origin).host === request.headers.host;
}

export interface Admission {
  /** @throws CodedError UNAVAILABLE with a hint when to try again */
  admit: () => void;
}

const retryHintMs = 1_000;

export function createAdmission(options: {
  limits: GatewayConfig["limits"];
  lag: EventLoopLag;
  sockets: () => number;
  isDraining: () => boolean;
}): Admission {
  const { limits } = options;
  const rate = createTokenBuckets(limits.connectsPerSecond, limits.connectsPerSecond);
  const refuse = (message: string, retryAfterMs: number) => {
    throw new CodedError("UNAVAILABLE", message, { retryAfterMs: retryAfterMs * (1 + Math.random()) });
  };
  return {
    admit() {
      if (options.isDraining()) refuse("this gateway is draining", retryHintMs);
      if (limits.maxSockets > 0 && options.sockets() >= limits.maxSockets)
        refuse("this gateway is full", retryHintMs);
      if (limits.eventLoopLagMs > 0 && options.lag.ms() > limits.eventLoopLagMs)
        refuse("this gateway is busy", retryHintMs);
      const wait = rate.take("handshakes");
      if (wait > 0) refuse("too many connections at once", Math.max(wait, retryHintMs));
    },
  };
}

/** @throws CodedError UNAUTHENTICATED or TOKEN_EXPIRED */
export async function identify(socket: GatewaySocket, verifyToken: VerifyToken): Promise<Identity> {
  const { auth, query } = socket.handshake;
  if (query.token !== undefined || query.access_token !== undefined) {
    throw new CodedError("UNAUTHENTICATED", "a token in the address would be logged: send it in auth");
  }
  const token: unknown = typeof auth === "object" && auth !== null ? auth.token : undefined;
  if (typeof token !== "string" || token === "")
    throw new CodedError("UNAUTHENTICATED", "an access token is required");
  return verifyToken(token);
}

/** What Socket.IO's middleware turns into a `connect_error` with `data`. */
export function refusal(error: CodedError): Error {
  return Object.assign(new Error(error.message), { data: errorBody(error) });
}
