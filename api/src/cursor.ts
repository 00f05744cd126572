import { createHmac, timingSafeEqual } from "node:crypto";
import { CodedError } from "@parloir/contracts/errors.ts";

/**
 * Opaque, signed list cursors. The scope (which list, whose) is signed with the position, so a cursor of another
 * person's list is as invalid as a tampered one.
 */
export interface Cursors {
  seal: (scope: string, position: readonly string[]) => string;
  /** @throws CodedError INVALID */
  open: (scope: string, cursor: string) => string[];
}

const signatureBytes = 12;

export function createCursors(secret: string): Cursors {
  const sign = (scope: string, body: string) =>
    createHmac("sha256", secret)
      .update(`cursor\u0000${scope}\u0000${body}`)
      .digest()
      .subarray(0, signatureBytes);
  return {
    seal(scope, position) {
      const body = JSON.stringify(position);
      return Buffer.concat([sign(scope, body), Buffer.from(body)]).toString("base64url");
    },
    open(scope, cursor) {
      const bytes = Buffer.from(cursor, "base64url");
      const body = bytes.subarray(signatureBytes).toString();
      const given = bytes.subarray(0, signatureBytes);
      if (given.length < signatureBytes || !timingSafeEqual(given, sign(scope, body))) {
        throw new CodedError("INVALID", "cursor: not one of this list");
      }
      return JSON.parse(body) as string[];
    },
  };
}
