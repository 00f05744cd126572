import { erasedName } from "@parloir/contracts/privacy.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import type { Database } from "./database.ts";
import { messageJson } from "./messages.ts";

/**
 * Rewrites messages long after they were sent: for an erasure, or because they are too old. Rows stay, so that seqs
 * stay dense; each rewritten one takes the next number of the conversation's change counter, by which late devices
 * learn of it. Windows of seqs keep every transaction short, and one that is done again finds nothing left to do.
 */

type Query = Database["query"];

/** While a window is rewritten its conversation takes no message: small enough that nobody waits. */
export const windowSize = 500;

interface Window {
  conversationId: string;
  /** Exclusive. */
  after: number;
  /** Inclusive. */
  upTo: number;
}

/** `$1` conversation, `$2` and `$3` the window. Takes the conversation's row before it looks. */
const rewrite = (hits: string, set: string) => `
  WITH locked AS MATERIALIZED (
    SELECT id FROM conversations WHERE id = $1 FOR NO KEY UPDATE
  ), hit AS MATERIALIZED (
    SELECT m.seq, row_number() OVER (ORDER BY m.seq) AS n FROM locked l
    JOIN messages m ON m.conversation_id = l.id AND m.seq > $2 AND m.seq <= $3 AND ${hits}
  ), counted AS (
    UPDATE conversations SET last_change = last_change + h.n FROM (SELECT count(*) AS n FROM hit) h
    WHERE id = $1 AND h.n > 0 RETURNING last_change - h.n AS base
  )
  UPDATE messages m SET altered = true, change = c.base + hit.n, ${set}
  FROM hit, counted c WHERE m.conversation_id = $1 AND m.seq = hit.seq
  RETURNING m.seq`;

const empty = `content = '', mentions = NULL, attachments = NULL, deleted_at = COALESCE(m.deleted_at, now())`;

/** Files, what was said before, and what was thought of it, go with the text; `person` takes their own reactions along. */
async function dropTraces(
  query: Query,
  conversationId: string,
  seqs: number[],
  person: string | null,
): Promise<void> {
  if (seqs.length === 0) return;
  const values = [conversationId, seqs];
  const gone = (table: string) => `DELETE FROM ${table} t USING messages m
    WHERE t.conversation_id = $1 AND t.seq = ANY ($2::bigint[]) AND m.conversation_id = t.conversation_id
      AND m.seq = t.seq AND m.deleted_at IS NOT NULL`;
  await query({
    name: "drop-files",
    text: `UPDATE attachments t SET removed_at = now() FROM messages m
      WHERE t.conversation_id = $1 AND t.seq = ANY ($2::bigint[]) AND t.removed_at IS NULL
        AND m.conversation_id = t.conversation_id AND m.seq = t.seq AND m.deleted_at IS NOT NULL`,
    values,
  });
  await query({ name: "drop-edits", text: gone("message_edits"), values });
  await query({ name: "drop-reactions", text: gone("reactions"), values });
  if (person === null) return;
  await query({
    name: "drop-own-reactions",
    text: "DELETE FROM reactions WHERE conversation_id = $1 AND seq = ANY ($2::bigint[]) AND user_id = $3",
    values: [...values, person],
  });
}

async function replaceInLines(
  query: Query,
  conversationId: string,
  seqs: number[],
  { userId, alias }: { userId: string; alias: string },
): Promise<void> {
  if (seqs.length === 0) return;
  const columns = ["actor", "person"].flatMap((who) => [
    `${who}_id = CASE WHEN ${who}_id = $3 THEN $4 ELSE ${who}_id END`,
    `${who}_name = CASE WHEN ${who}_id = $3 THEN '${erasedName}' ELSE ${who}_name END`,
  ]);
  await query({
    name: "replace-in-lines",
    text: `UPDATE system_lines SET ${columns.join(", ")}
      WHERE conversation_id = $1 AND seq = ANY ($2::bigint[]) AND $3 IN (actor_id, person_id)`,
    values: [conversationId, seqs, userId, alias],
  });
}

/** The message that was changed last: whoever hears of its number knows what they have missed. */
export async function lastAltered(database: Database, conversationId: string): Promise<Message | null> {
  const rows = await database.query<{ message: Message }>({
    name: "last-altered",
    text: `SELECT ${messageJson} AS message FROM messages m
      WHERE m.conversation_id = $1 AND m.altered ORDER BY m.change DESC LIMIT 1`,
    values: [conversationId],
  });
  return rows[0]?.message ?? null;
}

/** Empties what was sent before `before`, or all of it. @returns the seqs it emptied */
export async function emptyWindow(query: Query, window: Window, before: string | null): Promise<number[]> {
  const rows = await query<{ seq: number }>({
    name: "empty-window",
    // System lines hold no text, and the ids in them stand in tombstones too.
    text: rewrite(
      "m.kind <> 'system' AND m.deleted_at IS NULL AND ($4::timestamptz IS NULL OR m.created_at < $4)",
      empty,
    ),
    values: [window.conversationId, window.after, window.upTo, before],
  });
  const seqs = rows.map((row) => row.seq);
  await dropTraces(query, window.conversationId, seqs, null);
  return seqs;
}

/**
 * Takes a person out: their messages become the alias's, empty unless `keep`, and so do mentions of them and their part
 * in system lines; their reactions go.
 * @returns the seqs it rewrote
 */
export async function eraseWindow(
  query: Query,
  window: Window,
  person: { userId: string; alias: string; keep: boolean },
): Promise<number[]> {
  const own = "m.sender_id = $4";
  const rows = await query<{ seq: number }>({
    name: "erase-window",
    text: rewrite(
      `(${own} OR $4 = ANY (m.mentions) OR m.deleted_by = $4 OR (m.kind = 'system' AND EXISTS (
        SELECT FROM system_lines l WHERE l.conversation_id = m.conversation_id AND l.seq = m.seq
          AND $4 IN (l.actor_id, l.person_id))) OR (m.altered AND EXISTS (
        SELECT FROM reactions r WHERE r.conversation_id = m.conversation_id AND r.seq = m.seq AND r.user_id = $4)))`,
      `deleted_by = CASE WHEN m.deleted_by = $4 THEN $5 ELSE m.deleted_by END, sender_id = CASE WHEN ${own} THEN $5 ELSE m.sender_id END,
      mentions = CASE WHEN ${own} AND NOT $6::boolean THEN NULL ELSE array_replace(m.mentions, $4, $5) END,
      content = CASE WHEN ${own} AND NOT $6 THEN '' ELSE m.content END,
      attachments = CASE WHEN ${own} AND NOT $6 THEN NULL ELSE m.attachments END,
      deleted_at = CASE WHEN ${own} AND NOT $6 THEN COALESCE(m.deleted_at, now()) ELSE m.deleted_at END`,
    ),
    values: [window.conversationId, window.after, window.upTo, person.userId, person.alias, person.keep],
  });
  const seqs = rows.map((row) => row.seq);
  await replaceInLines(query, window.conversationId, seqs, person);
  await dropTraces(query, window.conversationId, seqs, person.userId);
  return seqs;
}
