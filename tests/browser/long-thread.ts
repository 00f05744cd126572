import type pg from "pg";

/**
 * Writes so many messages of two people into their conversation as if they had talked for weeks: short and long ones,
 * in groups and over days. All of them are read.
 */
export async function fillThread(
  database: pg.Client,
  conversationId: string,
  senders: [string, string],
  count: number,
): Promise<void> {
  await database.query(
    `INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, content, change, created_at)
     SELECT $1, n, uuidv7(), CASE WHEN n / 3 % 2 = 0 THEN $2 ELSE $3 END, 'written-' || n, 0,
       'Message ' || n || repeat(' and what else there was to say', (n * 7 % 11)::int), n,
       now() - ($4::bigint - n) * interval '4 minutes'
     FROM generate_series(1, $4::bigint) AS n`,
    [conversationId, ...senders, count],
  );
  await database.query(
    "UPDATE conversations SET last_seq = $2, last_change = $2, updated_at = now() WHERE id = $1",
    [conversationId, count],
  );
  await database.query("UPDATE members SET last_read_seq = $2 WHERE conversation_id = $1", [
    conversationId,
    count,
  ]);
}

/** The conversation of two people that exists already. */
export async function conversationOf(database: pg.Client, one: string, other: string): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    "SELECT id FROM conversations WHERE kind = 'direct' AND pair_low = ANY ($1) AND pair_high = ANY ($1)",
    [[one, other]],
  );
  return rows[0]!.id;
}
