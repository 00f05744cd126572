import type { Database } from "./database.ts";

/**
 * What happens to a conversation besides its messages, noted among them for the response times: see
 * store/migrations/0011-response-times.sql. All of it within a transaction that holds the conversation's row, after
 * the row was changed. A customer's message that reopens notes its cycle in the commit statement itself.
 */

type Query = Database["query"];

/** Of a new conversation, and of one that leaves «closed». Groups have no cycles: nobody in them is the customer. */
export async function noteOpened(query: Query, id: string): Promise<void> {
  await query({
    name: "note-opened",
    text: `INSERT INTO cycles (conversation_id, cycle, opened_seq, opened_at)
      SELECT id, cycle, last_seq, updated_at FROM conversations WHERE id = $1 AND kind <> 'group'`,
    values: [id],
  });
}

export async function noteClosed(query: Query, id: string, by: string | null): Promise<void> {
  await query({
    name: "note-closed",
    text: `UPDATE cycles c SET closed_seq = v.last_seq, closed_at = v.updated_at, closed_by = $2,
        assignee_id = v.assignee_id
      FROM conversations v WHERE v.id = $1 AND c.conversation_id = v.id AND c.cycle = v.cycle`,
    values: [id, by],
  });
  await touch(query, id);
}

/** As if the present cycle had never been closed: what was said since then belongs to it. */
export async function noteUnclosed(query: Query, id: string): Promise<void> {
  await query({
    name: "note-unclosed",
    text: `UPDATE cycles c SET closed_seq = NULL, closed_at = NULL, closed_by = NULL, assignee_id = NULL
      FROM conversations v WHERE v.id = $1 AND c.conversation_id = v.id AND c.cycle = v.cycle`,
    values: [id],
  });
  await touch(query, id);
}

export async function noteAssigned(query: Query, id: string, assigneeId: string | null): Promise<void> {
  await query({
    name: "note-assigned",
    text: `INSERT INTO assignments (conversation_id, seq, assignee_id)
      SELECT id, last_seq, $2 FROM conversations WHERE id = $1`,
    values: [id, assigneeId],
  });
}

/** Has the conversation's waits written again: no message does it. */
export async function touch(query: Query, id: string): Promise<void> {
  await query({
    name: "touch-conversation",
    text: "INSERT INTO outbox (messages, touched, todo) VALUES ('[]', ARRAY[$1::uuid], 2)",
    values: [id],
  });
}
