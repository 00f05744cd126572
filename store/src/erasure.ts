import { CodedError } from "@parloir/contracts/errors.ts";
import { type Erasure, erasedName, erasedPrefix } from "@parloir/contracts/privacy.ts";
import { type Origin, record } from "./audit.ts";
import { noteClosed, touch } from "./cycles.ts";
import type { Database } from "./database.ts";
import { lock, raiseRoster } from "./members.ts";
import { eraseWindow, windowSize } from "./rewriting.ts";
import { endTokens } from "./standing.ts";

/**
 * Erases a person: at once their name, address and tokens; then, conversation by conversation, what they left. Every
 * step may be done again after a kill, and by two workers at once: what is done is recognised by what is left of it.
 */

type Query = Database["query"];

const columns = `e.user_id AS "userId", CASE WHEN e.finished_at IS NULL THEN 'running' ELSE 'done' END AS status,
  CASE WHEN e.keep_messages THEN 'keep' ELSE 'remove' END AS messages,
  json_build_object('total', e.conversations, 'done', GREATEST(0, e.conversations
    - (SELECT count(*) FROM members p WHERE p.user_id = e.user_id))) AS conversations,
  e.requested_at AS "requestedAt", e.finished_at AS "finishedAt"`;

export async function findErasure(database: Database, userId: string): Promise<Erasure | null> {
  return (await select(database.query, userId)) ?? null;
}

async function select(query: Query, userId: string): Promise<Erasure | undefined> {
  const text = `SELECT ${columns} FROM erasures e WHERE e.user_id = $1`;
  return (await query<Erasure>({ name: "find-erasure", text, values: [userId] }))[0];
}

/**
 * From this commit on the person signs in nowhere, enters no conversation and has no name. Asked again it answers how
 * far the first one is. @throws CodedError NOT_FOUND
 */
export function beginErasure(
  database: Database,
  userId: string,
  keepMessages: boolean,
  origin: Origin,
): Promise<Erasure> {
  return database.transaction(async (query) => {
    const [person] = await query<{ erased: boolean }>({
      name: "lock-to-erase",
      text: "SELECT erased_at IS NOT NULL AS erased FROM users WHERE id = $1 FOR NO KEY UPDATE",
      values: [userId],
    });
    const running = await select(query, userId);
    if (running) return running;
    // An alias is nobody who could be erased.
    if (!person || person.erased) throw new CodedError("NOT_FOUND", "no such person");
    await endTokens(query, userId);
    await query({
      name: "begin-erasure",
      text: `WITH alias AS (
          INSERT INTO users (id, name, erased_at) VALUES ('${erasedPrefix}' || gen_random_uuid(), '${erasedName}', now())
          RETURNING id
        ), emptied AS (
          UPDATE users SET name = '${erasedName}', email = NULL, avatar_url = NULL, locale = NULL, role = 'client',
            ban_reason = NULL, erased_at = now(), updated_at = now() WHERE id = $1
        )
        INSERT INTO erasures (user_id, alias, keep_messages, conversations)
        SELECT $1, alias.id, $2, (SELECT count(*) FROM members WHERE user_id = $1) FROM alias`,
      values: [userId, keepMessages],
    });
    // Whose side a message was on must not change with its author's name.
    await query({
      name: "copy-roles",
      text: `INSERT INTO user_roles (user_id, since, role)
        SELECT e.alias, r.since, r.role FROM erasures e JOIN user_roles r ON r.user_id = e.user_id WHERE e.user_id = $1
        ON CONFLICT (user_id, since) DO UPDATE SET role = EXCLUDED.role`,
      values: [userId],
    });
    await query({ name: "end-password", text: "DELETE FROM passwords WHERE user_id = $1", values: [userId] });
    await record(query, origin, { action: "user.erased", target: userId, details: { keepMessages } });
    return (await select(query, userId))!;
  });
}

/** Those whose job is not done, oldest first. */
export async function openErasures(database: Database, limit: number): Promise<string[]> {
  const rows = await database.query<{ userId: string }>({
    name: "open-erasures",
    text: `SELECT user_id AS "userId" FROM erasures WHERE finished_at IS NULL ORDER BY requested_at LIMIT $1`,
    values: [limit],
  });
  return rows.map((row) => row.userId);
}

export interface RunningErasure {
  userId: string;
  alias: string;
  keep: boolean;
}

/** Null when there is none, or it is done. */
export async function findRunning(database: Database, userId: string): Promise<RunningErasure | null> {
  const rows = await database.query<RunningErasure>({
    name: "find-running-erasure",
    text: `SELECT user_id AS "userId", alias, keep_messages AS keep FROM erasures
      WHERE user_id = $1 AND finished_at IS NULL`,
    values: [userId],
  });
  return rows[0] ?? null;
}

/** Some conversation that still knows the person, or null: an agent closes and assigns also where they are no
 * member. */
export async function nextConversation(database: Database, userId: string): Promise<string | null> {
  const rows = await database.query<{ id: string }>({
    name: "next-conversation-of-erased",
    text: `(SELECT conversation_id AS id FROM members WHERE user_id = $1 ORDER BY conversation_id LIMIT 1)
      UNION ALL (SELECT conversation_id FROM cycles WHERE closed_by = $1 LIMIT 1)
      UNION ALL (SELECT conversation_id FROM system_lines WHERE actor_id = $1 LIMIT 1) LIMIT 1`,
    values: [userId],
  });
  return rows[0]?.id ?? null;
}

/** They can send nothing more into it: only then is it known how far their messages reach. @returns the head */
export function leaveForGood(database: Database, conversationId: string, userId: string): Promise<number> {
  return database.transaction(async (query) => {
    const locked = await lock(query, conversationId, null);
    const left = await query({
      name: "leave-for-good",
      text: `UPDATE members SET left_at = now()
        WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL RETURNING 1`,
      values: [conversationId, userId],
    });
    if (left.length > 0) await raiseRoster(query, conversationId);
    return locked!.lastSeq;
  });
}

/** @returns how many messages were rewritten */
export async function eraseMessages(
  database: Database,
  conversationId: string,
  head: number,
  person: RunningErasure,
): Promise<number> {
  let count = 0;
  for (let after = 0; after < head; after += windowSize) {
    const window = { conversationId, after, upTo: after + windowSize };
    count += (await database.transaction((query) => eraseWindow(query, window, person))).length;
  }
  return count;
}

/** Where response times name people. The figures stay. */
const figures: [string, string[]][] = [
  ["cycles", ["closed_by", "assignee_id"]],
  ["assignments", ["assignee_id"]],
];

/**
 * Puts the alias in the person's place and forgets them here. Where two talked, or support with its customer, the
 * other side goes on seeing that there was somebody; a block keeps them from writing to nobody.
 */
export function replaceMember(
  database: Database,
  conversationId: string,
  { userId, alias }: RunningErasure,
): Promise<void> {
  return database.transaction(async (query) => {
    const locked = await lock(query, conversationId, null);
    if (locked?.customerId === userId && locked.status !== "closed") {
      await query({
        name: "close-for-erased",
        text: "UPDATE conversations SET status = 'closed', closed_at = now(), updated_at = GREATEST(now(), updated_at) WHERE id = $1",
        values: [conversationId],
      });
      await noteClosed(query, conversationId, null);
    }
    const rename = (column: string) => `${column} = CASE WHEN ${column} = $2 THEN $3 ELSE ${column} END`;
    const values = [conversationId, userId, alias];
    for (const [table, columns] of figures) {
      const where = `conversation_id = $1 AND $2 IN (${columns.join(", ")})`;
      const text = `UPDATE ${table} SET ${columns.map(rename).join(", ")} WHERE ${where}`;
      await query({ name: `replace-in-${table}`, text, values });
    }
    await query({
      name: "replace-in-waits",
      text: `WITH changed AS (
          UPDATE waits SET ${["agent_id", "assignee_id"].map(rename).join(", ")}
          WHERE conversation_id = $1 AND $2 IN (agent_id, assignee_id) RETURNING started_at, ended_at)
        INSERT INTO stale_hours AS s (hour)
        SELECT DISTINCT date_trunc('hour', at) FROM changed CROSS JOIN LATERAL unnest(ARRAY[started_at, ended_at]) AS t(at)
        WHERE at IS NOT NULL ORDER BY 1 ON CONFLICT (hour) DO UPDATE SET hour = s.hour`,
      values,
    });
    // A job may be writing them as they were.
    await touch(query, conversationId);
    await query({
      name: "replace-in-conversation",
      text: `UPDATE conversations SET ${["pair_low", "pair_high", "created_by"].map(rename).join(", ")},
          assignee_id = NULLIF(assignee_id, $2), roster = roster + 1 WHERE id = $1`,
      values,
    });
    await query({
      name: "replace-member",
      text: `WITH gone AS (DELETE FROM members WHERE conversation_id = $1 AND user_id = $2 RETURNING joined_seq)
        INSERT INTO members (conversation_id, user_id, joined_seq, muted_until, left_at)
        SELECT v.id, $3, g.joined_seq, '9999-12-31T23:59:59.999Z',
          CASE WHEN $3 IN (v.pair_low, v.pair_high) THEN NULL ELSE now() END
        FROM gone g JOIN conversations v ON v.id = $1
        ON CONFLICT DO NOTHING`,
      values,
    });
    await query({
      name: "block-for-erased",
      text: `INSERT INTO blocks (blocker_id, blocked_id)
        SELECT $2, CASE WHEN pair_low = $2 THEN pair_high ELSE pair_low END FROM conversations
        WHERE id = $1 AND kind = 'direct' AND $2 IN (pair_low, pair_high) ON CONFLICT DO NOTHING`,
      values: [conversationId, alias],
    });
    if (locked?.customerId === userId)
      await query({
        name: "delete-notes-about",
        text: "DELETE FROM notes WHERE conversation_id = $1",
        values: [conversationId],
      });
  });
}

/** What belongs to no conversation, and the end of the job. Audit lines stay, without the address. */
export function finishErasure(database: Database, { userId, alias, keep }: RunningErasure): Promise<void> {
  const own: [string, string][] = [
    ["notifications", "DELETE FROM notifications WHERE user_id = $1"],
    ["notices", "DELETE FROM notices WHERE user_id = $1"],
    ["deliveries", "DELETE FROM deliveries WHERE user_id = $1"],
    ["pushes", "DELETE FROM push_subscriptions WHERE user_id = $1"],
    ["letters", "DELETE FROM mailbox WHERE user_id = $1"],
    ["preferences", "DELETE FROM notification_preferences WHERE user_id = $1"],
    ["roles", "DELETE FROM user_roles WHERE user_id = $1"],
    ["blocks", "DELETE FROM blocks WHERE blocker_id = $1 OR blocked_id = $1"],
    ["channel-grants", "DELETE FROM channel_members WHERE user_id = $1"],
    // The channel first: who is publishing to it is waited for.
    ["own-channel", "DELETE FROM channels WHERE name = 'user:' || $1::text"],
    ["own-channel-events", "DELETE FROM channel_events WHERE channel = 'user:' || $1::text"],
    ["sessions", "DELETE FROM sessions WHERE user_id = $1"],
    ["desk", "DELETE FROM desks WHERE user_id = $1"],
    ["audit", "UPDATE audit SET address = NULL WHERE actor_id = $1 AND address IS NOT NULL"],
  ];
  return database.transaction(async (query) => {
    for (const [what, text] of own) await query({ name: `erase-${what}`, text, values: [userId] });
    const replaced = [userId, alias];
    // Files of messages that were emptied are gone by now; unsent ones go here, and the row with the file later.
    await query({
      name: "erase-unsent-files",
      text: "UPDATE attachments SET removed_at = now() WHERE owner_id = $1 AND conversation_id IS NULL AND removed_at IS NULL",
      values: [userId],
    });
    await query({
      name: "replace-owner",
      text: "UPDATE attachments SET owner_id = $2, name = CASE WHEN removed_at IS NULL THEN name ELSE '' END WHERE owner_id = $1",
      values: replaced,
    });
    await query(
      keep
        ? {
            name: "replace-author",
            text: "UPDATE notes SET author_id = $2 WHERE author_id = $1",
            values: replaced,
          }
        : { name: "delete-own-notes", text: "DELETE FROM notes WHERE author_id = $1", values: [userId] },
    );
    await query({
      name: "replace-in-rollups",
      text: "UPDATE rollups SET agent_id = $2 WHERE agent_id = $1",
      values: replaced,
    });
    await query({
      name: "replace-canned",
      text: "UPDATE canned_replies SET updated_by = $2 WHERE updated_by = $1",
      values: replaced,
    });
    await query({
      name: "finish-erasure",
      text: "UPDATE erasures SET finished_at = now(), alias = NULL WHERE user_id = $1 AND finished_at IS NULL",
      values: [userId],
    });
  });
}
