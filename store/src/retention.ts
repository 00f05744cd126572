import type { Database } from "./database.ts";
import { emptyWindow, windowSize } from "./rewriting.ts";

/**
 * Deletes what has become too old, in small steps: each touches a bounded number of rows, found by an index, and can
 * be done again. Messages are emptied, not deleted: seqs stay dense, and who was away learns of it.
 */

export interface Step {
  /** Where the next step goes on; null: all was seen. */
  next: string | null;
}

/** Conversations, people or lines that one step looks at. */
const stepSize = 1_000;

interface Due {
  id: string;
  emptied: number;
  head: number;
}

export interface EmptyingStep extends Step {
  due: Due[];
}

/** Conversations whose oldest message that still has a text is older than `before`. */
export function agedConversations(
  database: Database,
  after: string | null,
  before: string,
): Promise<EmptyingStep> {
  const isDue = `EXISTS (SELECT FROM messages m
    WHERE m.conversation_id = v.id AND m.seq = v.emptied_seq + 1 AND m.created_at < $2)`;
  return findDue(database, "aged-conversations", isDue, after, before);
}

/** Support conversations that were closed before `before` and still hold text or notes. */
export function closedConversations(
  database: Database,
  after: string | null,
  before: string,
): Promise<EmptyingStep> {
  const isDue = `v.kind = 'support' AND v.status = 'closed' AND COALESCE(v.closed_at, v.updated_at) < $2
    AND (v.emptied_seq < v.last_seq OR EXISTS (SELECT FROM notes n WHERE n.conversation_id = v.id))`;
  return findDue(database, "closed-conversations", isDue, after, before);
}

async function findDue(
  database: Database,
  name: string,
  isDue: string,
  after: string | null,
  before: string,
): Promise<EmptyingStep> {
  const rows = await database.query<Due & { isDue: boolean }>({
    name,
    text: `SELECT v.id, v.emptied_seq AS emptied, v.last_seq AS head, ${isDue} AS "isDue"
      FROM (SELECT * FROM conversations WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT ${stepSize}) v ORDER BY v.id`,
    values: [after, before],
  });
  const next = rows.length < stepSize ? null : rows.at(-1)!.id;
  return { due: rows.filter((row) => row.isDue), next };
}

/**
 * Empties messages of one conversation from where the last run stopped: those sent before `before`, or all of them.
 * @returns how many it emptied
 */
export async function emptyConversation(
  database: Database,
  { id, emptied, head }: Due,
  before: string | null,
): Promise<number> {
  let count = 0;
  for (let after = emptied; after < head; after += windowSize) {
    const upTo = Math.min(after + windowSize, head);
    const { seqs, reached } = await database.transaction(async (query) => {
      const seqs = await emptyWindow(query, { conversationId: id, after, upTo }, before);
      const rows = await query<{ reached: number }>({
        name: "mark-emptied",
        text: `UPDATE conversations v SET emptied_seq = GREATEST(v.emptied_seq, COALESCE((
            SELECT m.seq - 1 FROM messages m WHERE m.conversation_id = v.id AND m.seq > $2 AND m.seq <= $3
              AND m.created_at >= $4 ORDER BY m.seq LIMIT 1), $3))
          WHERE v.id = $1 RETURNING emptied_seq AS reached`,
        values: [id, after, upTo, before],
      });
      return { seqs, reached: rows[0]!.reached };
    });
    count += seqs.length;
    if (reached < upTo) break;
  }
  return count;
}

export async function deleteNotes(database: Database, conversationId: string): Promise<number> {
  const rows = await database.query({
    name: "retention-notes",
    text: "DELETE FROM notes WHERE conversation_id = $1 RETURNING 1",
    values: [conversationId],
  });
  return rows.length;
}

/** What follows from messages, and what hosts told. */
const oldLines = [
  [
    "retention-notifications",
    `DELETE FROM notifications n USING (
      SELECT user_id, conversation_id, seq, type FROM notifications
      WHERE user_id = ANY ($1) AND created_at < $2 LIMIT ${stepSize}) o
    WHERE n.user_id = o.user_id AND n.conversation_id = o.conversation_id AND n.seq = o.seq AND n.type = o.type
    RETURNING 1`,
  ],
  [
    "retention-notices",
    `DELETE FROM notices n USING (
      SELECT id FROM notices WHERE user_id = ANY ($1) AND created_at < $2 LIMIT ${stepSize}) o
    WHERE n.id = o.id RETURNING 1`,
  ],
] as const;

/** Of some people: there is no index by age, which every notification would pay for. */
export async function deleteNotifications(
  database: Database,
  after: string | null,
  before: string,
): Promise<Step & { deleted: number }> {
  const people = await database.query<{ id: string }>({
    name: "retention-people",
    text: `SELECT id FROM users WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT ${stepSize}`,
    values: [after],
  });
  const ids = people.map((person) => person.id);
  let deleted = 0;
  for (const [name, text] of oldLines) {
    for (let more = true; more; ) {
      const rows = await database.query({ name, text, values: [ids, before] });
      deleted += rows.length;
      more = rows.length === stepSize;
    }
  }
  return { deleted, next: ids.length < stepSize ? null : ids.at(-1)! };
}

/** The oldest lines; they are in the order of their time. @returns how many went, `stepSize` meaning there are more */
export async function deleteAudit(database: Database, before: string): Promise<Step & { deleted: number }> {
  const rows = await database.query({
    name: "retention-audit",
    text: `DELETE FROM audit a USING (SELECT id, at FROM audit ORDER BY id LIMIT ${stepSize}) o
      WHERE a.id = o.id AND o.at < $1 RETURNING 1`,
    values: [before],
  });
  return { deleted: rows.length, next: rows.length === stepSize ? "" : null };
}
