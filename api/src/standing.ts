import { CodedError } from "@parloir/contracts/errors.ts";
import type { IssueToken } from "@parloir/platform/auth.ts";
import type { Database } from "@parloir/store/database.ts";
import { findTokenSubject, type KnownPerson } from "@parloir/store/people.ts";

/** @throws CodedError FORBIDDEN for a banned person, UNAUTHENTICATED for a token from before their revocation */
export function refuseRevoked({ isBanned, tokensValidFrom }: KnownPerson, issuedAt: number | null): void {
  refuseBanned(isBanned);
  if (tokensValidFrom !== null && (issuedAt ?? 0) < tokensValidFrom)
    throw new CodedError("UNAUTHENTICATED", "the token was revoked");
}

export function refuseBanned(isBanned: boolean): void {
  if (isBanned) throw new CodedError("FORBIDDEN", "this person is banned");
}

export type MintToken = (
  userId: string,
  ttlSeconds: number,
  /** That this token lets one subscribe to. */
  channels?: string[],
) => Promise<{ token: string; expiresAt: string }>;

/** A token for a person who may have one. @throws CodedError NOT_FOUND or FORBIDDEN */
export function createMintToken(options: { database: Database; issueToken: IssueToken }): MintToken {
  return async (userId, ttlSeconds, channels) => {
    const subject = await findTokenSubject(options.database, userId);
    if (!subject) throw new CodedError("NOT_FOUND", "no such person");
    refuseBanned(subject.isBanned);
    return options.issueToken(subject, ttlSeconds, channels);
  };
}
