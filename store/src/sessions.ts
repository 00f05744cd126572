import { CodedError } from "@parloir/contracts/errors.ts";
import { type Origin, record } from "./audit.ts";
import type { Database } from "./database.ts";
import { endTokens } from "./standing.ts";

/** Passwords and sessions of the standalone sign-in. */

export interface Credentials {
  userId: string;
  /** PHC string. */
  hash: string;
}

/** Null when nobody, or more than one person, has a password under this address. */
export async function findCredentials(database: Database, email: string): Promise<Credentials | null> {
  const rows = await database.query<Credentials>({
    name: "find-credentials",
    text: `SELECT u.id AS "userId", p.hash FROM users u JOIN passwords p ON p.user_id = u.id
      WHERE lower(u.email) = lower($1) LIMIT 2`,
    values: [email],
  });
  return rows.length === 1 ? rows[0]! : null;
}

/**
 * A changed password ends every token and session from before.
 * @throws CodedError NOT_FOUND; INVALID without an e-mail address; CONFLICT when another has it and a password
 */
export async function setPassword(
  database: Database,
  userId: string,
  hash: string,
  origin: Origin,
): Promise<{ isNew: boolean; tokensValidFrom: string | null }> {
  return database.transaction(async (query) => {
    const [person] = await query<{ email: string | null; taken: boolean }>({
      name: "password-owner",
      text: `SELECT u.email, EXISTS (
          SELECT FROM users o JOIN passwords p ON p.user_id = o.id
          WHERE lower(o.email) = lower(u.email) AND o.id <> u.id) AS taken
        FROM users u WHERE u.id = $1 FOR NO KEY UPDATE OF u`,
      values: [userId],
    });
    if (!person) throw new CodedError("NOT_FOUND", "no such person");
    if (person.email === null) throw new CodedError("INVALID", "this person has no e-mail address");
    if (person.taken)
      throw new CodedError("CONFLICT", "another person signs in with this e-mail address already");
    const [{ isNew }] = (await query<{ isNew: boolean }>({
      name: "set-password",
      text: `INSERT INTO passwords (user_id, hash) VALUES ($1, $2)
        ON CONFLICT (user_id) DO UPDATE SET hash = $2, set_at = now() RETURNING xmax = 0 AS "isNew"`,
      values: [userId, hash],
    })) as [{ isNew: boolean }];
    if (!isNew) await endTokens(query, userId);
    await record(query, origin, { action: "password.set", target: userId });
    const [standing] = await query<{ from: string | null }>({
      name: "tokens-valid-from",
      text: `SELECT tokens_valid_from AS "from" FROM users WHERE id = $1`,
      values: [userId],
    });
    return { isNew, tokensValidFrom: standing!.from };
  });
}

/** Of the same password, hashed anew because the parameters rose. Nothing if it was changed meanwhile. */
export async function replaceHash(database: Database, former: Credentials, hash: string): Promise<void> {
  await database.query({
    name: "replace-hash",
    text: "UPDATE passwords SET hash = $3 WHERE user_id = $1 AND hash = $2",
    values: [former.userId, former.hash, hash],
  });
}

/** A session ends a month after the sign-in, or after a week without a refresh. */
const endsAt = (begun: string) =>
  `LEAST(${begun} + interval '30 days', now() + interval '7 days')::timestamptz(3)`;

export async function startSession(
  database: Database,
  session: { id: string; userId: string; tokenHash: Buffer },
  origin: Origin,
): Promise<void> {
  const { id, userId, tokenHash } = session;
  await database.transaction(async (query) => {
    await query({
      name: "forget-ended-sessions",
      text: "DELETE FROM sessions WHERE user_id = $1 AND expires_at <= now()",
      values: [userId],
    });
    await query({
      name: "start-session",
      text: `INSERT INTO sessions (id, user_id, token_hash, expires_at) VALUES ($1, $2, $3, ${endsAt("now()")})`,
      values: [id, userId, tokenHash],
    });
    await record(query, origin, { action: "session.started", target: userId });
  });
}

/** How long the token before the present one still works: the answer that held the present one may have been lost. */
const lostAnswer = "interval '30 seconds'";

/**
 * Replaces the refresh token. One that was replaced before is somebody's copy: the session ends for both.
 * @returns whose session it is; null when there is none, or not any more
 */
export async function rotateSession(
  database: Database,
  session: { id: string; presented: Buffer; next: Buffer },
  origin: Origin,
): Promise<string | null> {
  const { id, presented, next } = session;
  return database.transaction(async (query) => {
    const [found] = await query<{ userId: string; isPresent: boolean; isLost: boolean }>({
      name: "lock-session",
      text: `SELECT user_id AS "userId", token_hash = $2 AS "isPresent",
          COALESCE(previous_hash = $2, false) AND rotated_at > now() - ${lostAnswer} AS "isLost"
        FROM sessions WHERE id = $1 AND expires_at > now() FOR UPDATE`,
      values: [id, presented],
    });
    if (!found) return null;
    const { userId, isPresent, isLost } = found;
    if (!isPresent && !isLost) {
      await deleteSession(query, id);
      await record(query, origin, { action: "session.reused", target: userId });
      return null;
    }
    await query({
      name: "rotate-session",
      text: `UPDATE sessions SET previous_hash = token_hash, token_hash = $2, rotated_at = now(),
        expires_at = ${endsAt("created_at")} WHERE id = $1`,
      values: [id, next],
    });
    return userId;
  });
}

/** Signing out. What is no session (any more) is left alone. */
export async function endSession(
  database: Database,
  session: { id: string; presented: Buffer },
  origin: Origin,
): Promise<void> {
  await database.transaction(async (query) => {
    const [ended] = await query<{ userId: string }>({
      name: "end-session",
      text: `DELETE FROM sessions WHERE id = $1 AND (token_hash = $2 OR previous_hash = $2)
        RETURNING user_id AS "userId"`,
      values: [session.id, session.presented],
    });
    if (ended) await record(query, origin, { action: "session.ended", target: ended.userId });
  });
}

async function deleteSession(query: Database["query"], id: string): Promise<void> {
  await query({ name: "delete-session", text: "DELETE FROM sessions WHERE id = $1", values: [id] });
}
