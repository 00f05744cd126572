import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { CodedError } from "@parloir/contracts/errors.ts";
import { sessionHeader } from "@parloir/contracts/session-header.ts";
import { originAllowed } from "@parloir/platform/origins.ts";

/** A session as its cookie holds it. */
export interface SessionToken {
  id: string;
  secret: string;
}

export interface SessionCookie {
  read: (headers: IncomingHttpHeaders) => SessionToken | null;
  /** As `Set-Cookie`. */
  write: (token: SessionToken) => string;
  clear: () => string;
}

const secondsPerWeek = 7 * 86_400;
const value = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

/**
 * `__Host-` binds the cookie to this very host over https. Browsers refuse the prefix without `Secure`, and Safari
 * refuses `Secure` on http://localhost, so development has a plain name. Which it is follows from the configuration
 * and not from the request: a balancer behind another one cannot know that the browser spoke https.
 */
export function createSessionCookie(production: boolean): SessionCookie {
  const name = production ? "__Host-parloir-session" : "parloir-session";
  const attributes = `Path=/; HttpOnly; SameSite=Strict${production ? "; Secure" : ""}`;
  return {
    read({ cookie = "" }) {
      for (const part of cookie.split(";")) {
        const [key, text = ""] = part.trim().split("=");
        const [, id, secret] = key === name ? (value.exec(text) ?? []) : [];
        if (id !== undefined && secret !== undefined) return { id, secret };
      }
      return null;
    },
    write: ({ id, secret }) => `${name}=${id}.${secret}; Max-Age=${secondsPerWeek}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  };
}

export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function newSessionToken(): SessionToken {
  return { id: randomUUID(), secret: newSecret() };
}

export function hashOfSecret(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/**
 * Refuses what a foreign page makes a browser send: by Origin, by Sec-Fetch-Site, and, for requests that carry the
 * cookie and no JSON, by a header that a page of another origin cannot set without asking.
 * @throws CodedError FORBIDDEN
 */
export function refuseForeignPage(
  headers: IncomingHttpHeaders,
  options: { allowedOrigins: string[]; needsHeader: boolean },
): void {
  const site = headers["sec-fetch-site"];
  const isBrowser = headers.origin !== undefined || site !== undefined;
  const isForeign = !originAllowed(headers, options.allowedOrigins) || site === "cross-site";
  const lacksHeader = options.needsHeader && isBrowser && headers[sessionHeader] === undefined;
  if (isForeign || lacksHeader) throw new CodedError("FORBIDDEN", "not from a page of this cluster");
}
