import { CodedError } from "@parloir/contracts/errors.ts";
import type { Revocation } from "@parloir/contracts/internal.ts";
import type { Standing } from "@parloir/contracts/shapes.ts";
import { type AuditNote, type Origin, record } from "./audit.ts";
import type { Database, Query } from "./database.ts";

/** Whether a person's tokens count: revocation and ban. */

type Run = Database["query"];

const columns = `id AS "userId", tokens_valid_from AS "tokensValidFrom", banned_at AS "bannedAt", ban_reason AS "banReason"`;

export async function findStanding(database: Database, userId: string): Promise<Standing | null> {
  const rows = await database.query<Standing>(select(userId, "find-standing", ""));
  return rows[0] ?? null;
}

function select(userId: string, name: string, lock: string): Query {
  return { name, text: `SELECT ${columns} FROM users WHERE id = $1 ${lock}`, values: [userId] };
}

/**
 * From now on every token issued before, and every session of a device, counts for nothing.
 * @throws CodedError NOT_FOUND
 */
export function revokePerson(database: Database, userId: string, origin: Origin): Promise<Standing> {
  return change(database, userId, origin, { action: "user.revoked", target: userId }, endTokens);
}

/** The same, until the ban is lifted. Again only changes the reason. @throws CodedError NOT_FOUND */
export function banPerson(
  database: Database,
  userId: string,
  reason: string | null,
  origin: Origin,
): Promise<Standing> {
  const note: AuditNote = { action: "user.banned", target: userId, details: { reason } };
  return change(database, userId, origin, note, async (query) => {
    await query({
      name: "ban-person",
      text: "UPDATE users SET banned_at = COALESCE(banned_at, now()), ban_reason = $2 WHERE id = $1",
      values: [userId, reason],
    });
    await endTokens(query, userId);
  });
}

/** What was revoked by the ban stays so: the person signs in anew. @throws CodedError NOT_FOUND */
export function unbanPerson(database: Database, userId: string, origin: Origin): Promise<Standing> {
  return change(database, userId, origin, { action: "user.unbanned", target: userId }, async (query) => {
    await query({
      name: "unban-person",
      text: "UPDATE users SET banned_at = NULL, ban_reason = NULL WHERE id = $1",
      values: [userId],
    });
  });
}

async function change(
  database: Database,
  userId: string,
  origin: Origin,
  note: AuditNote,
  apply: (query: Run, userId: string) => Promise<void>,
): Promise<Standing> {
  return database.transaction(async (query) => {
    const [former] = await query<Standing>(select(userId, "lock-standing", "FOR NO KEY UPDATE"));
    if (!former) throw new CodedError("NOT_FOUND", "no such person");
    // Lifting a ban that there is not is no event.
    if (note.action === "user.unbanned" && former.bannedAt === null) return former;
    await apply(query, userId);
    await record(query, origin, note);
    const [now] = await query<Standing>(select(userId, "find-standing", ""));
    return now!;
  });
}

/**
 * Rounded up, while a token's time is rounded down: one issued in the same millisecond before is older. Never falls,
 * whatever the database's clock does.
 */
export async function endTokens(query: Run, userId: string): Promise<void> {
  await query({
    name: "end-tokens",
    text: `UPDATE users SET tokens_valid_from = GREATEST(tokens_valid_from,
        date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond') WHERE id = $1`,
    values: [userId],
  });
  await query({ name: "end-sessions", text: "DELETE FROM sessions WHERE user_id = $1", values: [userId] });
  // A browser in wrong hands is told nothing more.
  const pushes = "DELETE FROM push_subscriptions WHERE user_id = $1";
  await query({ name: "end-pushes", text: pushes, values: [userId] });
}

/** Longer than any transaction lives: what was committed late is seen by the next question. */
export const overlap = "interval '30 seconds'";

/**
 * Who was revoked since `since` (null: only lately), and until when this answer knows. Every gateway asks every two
 * seconds: one probe of an index that holds nobody else.
 */
export async function revocationsSince(
  database: Database,
  since: string | null,
): Promise<{ at: string; revoked: Revocation[] }> {
  const rows = await database.query<{ at: string } & { [K in keyof Revocation]: Revocation[K] | null }>({
    name: "revocations-since",
    text: `SELECT s.at, r.id AS "userId", r.tokens_valid_from AS "tokensValidFrom"
      FROM (SELECT now()::timestamptz(3) AS at) s
      LEFT JOIN LATERAL (
        SELECT id, tokens_valid_from FROM users
        WHERE tokens_valid_from > COALESCE($1::timestamptz, s.at) - ${overlap}) r ON true`,
    values: [since],
  });
  const revoked = rows.flatMap(({ userId, tokensValidFrom }) =>
    userId === null || tokensValidFrom === null ? [] : [{ userId, tokensValidFrom }],
  );
  return { at: rows[0]!.at, revoked };
}
