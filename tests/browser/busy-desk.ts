import type pg from "pg";

/** How a subject of a full desk is called; the newest has the lowest number. */
export const orderTitle = (n: number) => `Order ${String(n).padStart(4, "0")}`;

/**
 * Gives an agent so many open conversations of as many customers, a message each, half a minute apart; by SQL, because
 * written one by one they would take minutes.
 */
export async function fillDesk(database: pg.Client, agent: string, count: number): Promise<void> {
  await database.query(
    `INSERT INTO users (id, name) SELECT 'busy-' || n, 'Customer ' || n FROM generate_series(1, $1) n
     ON CONFLICT DO NOTHING`,
    [count],
  );
  await database.query(
    `WITH planned AS MATERIALIZED (
       SELECT n, uuidv7() AS id, 'busy-' || n AS customer, 'Order ' || lpad(n::text, 4, '0') AS title,
         date_trunc('milliseconds', now()) - interval '30 seconds' * n AS at
       FROM generate_series(1, $1) n
     ), conversations AS (
       INSERT INTO conversations (id, kind, pair_low, subject_type, subject_id, subject_title, assignee_id, created_by,
         last_seq, last_change, created_at, updated_at)
       SELECT id, 'support', customer, 'order', title, title, $2, customer, 1, 1, at, at FROM planned
     ), messages AS (
       INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, content, change, created_at)
       SELECT id, 1, uuidv7(), customer, id::text, 0, 'Where is ' || title || '?', 1, at FROM planned
     )
     INSERT INTO members (conversation_id, user_id, last_read_seq)
     SELECT id, person, 0 FROM planned, unnest(ARRAY[customer, $2]) AS person`,
    [count, agent],
  );
  await database.query("ANALYZE conversations, members, messages, users");
}
