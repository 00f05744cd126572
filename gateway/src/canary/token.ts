import { createHmac, timingSafeEqual } from "node:crypto";
import { CodedError } from "@parloir/contracts/errors.ts";
import { canaryIdOf } from "@parloir/contracts/ids.ts";
import type { Identity, VerifyToken } from "@parloir/platform/auth.ts";

/**
 * How a canary signs in: gateways share INTERNAL_SECRET with the apis, and whatever issues people's tokens may be
 * elsewhere. Such a token counts at gateways only, for a minute, and only for a canary's own id.
 */

const prefix = "canary.";
const validMs = 60_000;
/** A socket that is connected stays: the pair is moved long before. */
const sessionMs = 24 * 3_600_000;

function sign(secret: string, node: string, expiresAt: number): string {
  return createHmac("sha256", secret).update(`canary ${node} ${expiresAt}`).digest("base64url");
}

export function issueCanaryToken(secret: string, node: string, now = Date.now()): string {
  const expiresAt = now + validMs;
  return `${prefix}${expiresAt}.${sign(secret, node, expiresAt)}.${node}`;
}

/** Takes canaries' tokens, and leaves all others to `verify`. @throws CodedError UNAUTHENTICATED */
export function withCanaries(secret: string, verify: VerifyToken): VerifyToken {
  return async (token) => (token.startsWith(prefix) ? canaryOf(secret, token) : verify(token));
}

function canaryOf(secret: string, token: string): Identity {
  const found = /^canary\.(\d{1,15})\.([\w-]{43})\.([\w-]{1,63})$/.exec(token);
  if (!found) throw refused();
  const [, expiry, signature, node] = found as unknown as [string, string, string, string];
  const expected = sign(secret, node, Number(expiry));
  const now = Date.now();
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected)) || Number(expiry) < now)
    throw refused();
  return {
    userId: canaryIdOf(node),
    role: "client",
    name: `Canary of ${node}`,
    email: null,
    issuedAt: now,
    expiresAt: now + sessionMs,
    tokenId: null,
    channels: [],
  };
}

const refused = () => new CodedError("UNAUTHENTICATED", "not a canary's token");
