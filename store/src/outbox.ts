import type { OutboxMessage } from "@parloir/contracts/jobs.ts";
import type { Database } from "./database.ts";

export async function countOutbox(database: Database): Promise<number> {
  const rows = await database.query<{ count: number }>({
    name: "count-outbox",
    // Whether there is any is what matters: a long outbox is not counted to its end.
    text: "SELECT count(*) AS count FROM (SELECT FROM outbox LIMIT 1000) o",
    values: [],
  });
  return rows[0]!.count;
}

export interface OutboxRow {
  id: number;
  messages: OutboxMessage[];
  ageSeconds: number;
}

/**
 * Hands the oldest outbox rows to `use` and removes them when it succeeds: at least once, never lost. Relays on
 * several workers do not wait for one another (SKIP LOCKED).
 * @returns how many rows were taken
 */
export function takeOutbox(
  database: Database,
  limit: number,
  use: (rows: OutboxRow[]) => Promise<void>,
): Promise<number> {
  return database.transaction(async (query) => {
    const rows = await query<OutboxRow>({
      name: "take-outbox",
      text: `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING id, messages,
          extract(epoch FROM clock_timestamp() - created_at)::float8 AS "ageSeconds"`,
      values: [limit],
    });
    if (rows.length > 0) await use(rows.sort((a, b) => a.id - b.id));
    return rows.length;
  });
}
