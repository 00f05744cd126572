import { createHash, createSecretKey, randomUUID, timingSafeEqual } from "node:crypto";
import { channelNamePattern, maxChannelGrants } from "@parloir/contracts/channels.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import { userIdPattern } from "@parloir/contracts/ids.ts";
import { type Role, roles } from "@parloir/contracts/shapes.ts";
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyResult, jwtVerify, SignJWT } from "jose";
import type { TokenConfig } from "./env.ts";

/** Who a verified token speaks for. The role counts only for people the database does not know yet. */
export interface Identity {
  userId: string;
  role: Role;
  name: string | null;
  email: string | null;
  /** Milliseconds since 1970; null when the token does not say. */
  issuedAt: number | null;
  /** Milliseconds since 1970. */
  expiresAt: number;
  tokenId: string | null;
  /** Channels that the issuer lets this person subscribe to, as long as the token is valid. */
  channels: string[];
}

export type VerifyToken = (token: string) => Promise<Identity>;

const clockSkewSeconds = 30;
const longestToken = 8_192;
/** The year 9999: what lies beyond cannot be written as a time. */
const latestExpiry = 253_402_300_799;

/**
 * Verifies access tokens: HS256 with one configured secret, or an issuer's JWKS with asymmetric keys, never both,
 * so that a public key can never be used as a secret. Header fields `jwk`, `jku` and `x5u` are not looked at.
 * @throws CodedError UNAUTHENTICATED or TOKEN_EXPIRED; UNAVAILABLE when the issuer's keys cannot be read
 */
export function createTokenVerifier(config: TokenConfig): VerifyToken {
  const options = {
    issuer: config.issuer,
    audience: config.audience,
    requiredClaims: ["sub", "exp"],
    clockTolerance: clockSkewSeconds,
  };
  const check = verification(config, options);
  return async (token) => {
    if (token.length > longestToken) throw new CodedError("UNAUTHENTICATED", "the token is too long");
    let payload: JWTPayload;
    try {
      ({ payload } = await check(token));
    } catch (error) {
      throw tokenError(error);
    }
    return identityOf(payload);
  };
}

type Options = Parameters<typeof jwtVerify>[2];

function verification(config: TokenConfig, options: Options): (token: string) => Promise<JWTVerifyResult> {
  if (config.secret !== null) {
    const secret = createSecretKey(Buffer.from(config.secret, "utf8"));
    return (token) => jwtVerify(token, secret, { ...options, algorithms: ["HS256"] });
  }
  const keys = createRemoteJWKSet(new URL(config.jwksUrl ?? ""), { timeoutDuration: 3_000 });
  return (token) => jwtVerify(token, keys, { ...options, algorithms: ["EdDSA", "ES256", "RS256"] });
}

function tokenError(error: unknown): CodedError {
  if (error instanceof errors.JWTExpired) return new CodedError("TOKEN_EXPIRED", "the token has expired");
  // Not the token is at fault, but the way to the issuer's keys: refused, unresolved, timed out, or not 200.
  const isIssuerAway =
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error.code === "ERR_JOSE_GENERIC";
  if (isIssuerAway) {
    return new CodedError("UNAVAILABLE", "the issuer's keys cannot be read", { cause: error });
  }
  return new CodedError("UNAUTHENTICATED", "the token is not valid", { cause: error });
}

function identityOf(payload: JWTPayload): Identity {
  const { sub, exp, iat } = payload;
  if (
    typeof sub !== "string" ||
    !userIdPattern.test(sub) ||
    typeof exp !== "number" ||
    !(exp <= latestExpiry)
  ) {
    throw new CodedError("UNAUTHENTICATED", "the token names no usable person");
  }
  if (typeof iat === "number" && iat > Date.now() / 1_000 + clockSkewSeconds) {
    throw new CodedError("UNAUTHENTICATED", "the token was issued in the future");
  }
  return {
    userId: sub,
    role: roles.find((role) => role === payload.role) ?? "client",
    name: shortString(payload.name, 200),
    email: shortString(payload.email, 320),
    issuedAt: typeof iat === "number" && Number.isFinite(iat) ? Math.floor(iat * 1_000 + 0.001) : null,
    expiresAt: exp * 1_000,
    tokenId: payload.jti ?? null,
    channels: channelGrants(payload.channels),
  };
}

/** What is no list of names grants nothing. */
function channelGrants(claim: unknown): string[] {
  if (!Array.isArray(claim)) return [];
  return claim
    .filter((name): name is string => typeof name === "string" && channelNamePattern.test(name))
    .slice(0, maxChannelGrants);
}

function shortString(value: unknown, max: number): string | null {
  if (typeof value !== "string" || value.includes("\u0000") || !value.isWellFormed()) return null;
  const text = value.trim().slice(0, max);
  return text === "" ? null : text;
}

/** Whom a token is for, and when it counts as issued: the database's time, which revocations are compared with. */
export interface TokenSubject {
  person: { id: string; role: Role; name: string; email?: string };
  /** Milliseconds since 1970. */
  issuedAt: number;
}

export type IssueToken = (
  subject: TokenSubject,
  ttlSeconds: number,
  channels?: string[],
) => Promise<{ token: string; expiresAt: string }>;

/**
 * Mints an access token with the configured secret. `iat` has milliseconds (RFC 7519 allows it): with whole seconds a
 * token could not be told from one that was issued, and revoked, earlier in the same second.
 * @throws CodedError UNSUPPORTED when tokens come from an outside issuer (JWKS_URL)
 */
export function createTokenIssuer(config: TokenConfig): IssueToken {
  const secret = config.secret === null ? null : createSecretKey(Buffer.from(config.secret, "utf8"));
  return async ({ person, issuedAt }, ttlSeconds, channels = []) => {
    if (!secret) throw new CodedError("UNSUPPORTED", "tokens are issued by the configured JWKS issuer");
    const expiresAt = Math.floor(Date.now() / 1_000) + ttlSeconds;
    const claims = {
      role: person.role,
      name: person.name,
      ...(person.email ? { email: person.email } : {}),
      ...(channels.length > 0 ? { channels } : {}),
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(person.id)
      .setIssuer(config.issuer)
      .setAudience(config.audience)
      .setIssuedAt(issuedAt / 1_000)
      .setExpirationTime(expiresAt)
      .setJti(randomUUID())
      .sign(secret);
    return { token, expiresAt: new Date(expiresAt * 1_000).toISOString() };
  };
}

/** Compares in constant time, also for different lengths. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The token of an `Authorization: Bearer …` header, or null. */
export function bearerOf(header: string | undefined): string | null {
  const match = /^Bearer +([^\s]+)$/i.exec(header ?? "");
  return match?.[1] ?? null;
}
