import type { OutboxMessage } from "@parloir/contracts/jobs.ts";
import type { Database } from "./database.ts";

export interface OutboxRow {
  id: number;
  messages: OutboxMessage[];
  /** Conversations whose cycles changed without a message. */
  touched: string[] | null;
  /** What is still to be done, one bit for each queue. */
  todo: number;
  ageSeconds: number;
  /** How often it was taken, this time included. */
  tries: number;
}

/**
 * A row whose jobs were added 30 s ago and are not done is taken again: the queue may have lost it. Twice that the next
 * time, up to two hours: a job that always fails must not multiply.
 */
const isDue = `(taken_at IS NULL OR taken_at < now() - interval '30 seconds' * (1 << LEAST(tries - 1, 8)))`;

/**
 * Hands the oldest due outbox rows to `use` and marks them as taken when it succeeds. They stay until
 * `finishOutbox` of all their jobs: at least once, never lost. Relays on several workers do not wait for one another (SKIP LOCKED).
 * @returns how many rows were taken
 */
export async function takeOutbox(
  database: Database,
  limit: number,
  use: (rows: OutboxRow[]) => Promise<void>,
): Promise<number> {
  // Most rounds find nothing: one look instead of a transaction's three.
  if ((await countOutbox(database)) === 0) return 0;
  return database.transaction(async (query) => {
    const rows = await query<OutboxRow>({
      name: "take-outbox",
      text: `UPDATE outbox SET taken_at = now(), tries = tries + 1
        WHERE id IN (SELECT id FROM outbox WHERE ${isDue} ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING id, messages, touched, todo, tries,
          extract(epoch FROM clock_timestamp() - created_at)::float8 AS "ageSeconds"`,
      values: [limit],
    });
    // A job took the last bit, and Postgres was gone before it could take the row; then the queue lost the job.
    const done = rows.filter((row) => row.todo === 0);
    if (done.length > 0) await query(deleteDone(done.map((row) => row.id)));
    const open = rows.filter((row) => row.todo !== 0);
    if (open.length > 0) await use(open.sort((a, b) => a.id - b.id));
    return rows.length;
  });
}

/**
 * One of the jobs of these rows is done: its bit goes, and a row goes with its last one. Two statements, because two
 * jobs may finish at once: whichever takes the last bit sees that it was the last.
 */
export async function finishOutbox(database: Database, ids: number[], bit: number): Promise<void> {
  await database.query({
    name: "finish-outbox",
    text: "UPDATE outbox SET todo = todo & ~$2::smallint WHERE id = ANY ($1::bigint[]) AND todo & $2 <> 0",
    values: [ids, bit],
  });
  await database.query(deleteDone(ids));
}

const deleteDone = (ids: number[]) => ({
  name: "delete-outbox",
  text: "DELETE FROM outbox WHERE id = ANY ($1::bigint[]) AND todo = 0",
  values: [ids],
});

/**
 * Age in seconds of the oldest row, taken or not: what follows from its messages is not done. 0 without rows. Rows are
 * numbered as they are written, so the first of the primary key is the oldest, but for commits that overlap.
 */
export async function oldestOutboxAge(database: Database): Promise<number> {
  const rows = await database.query<{ age: number }>({
    name: "oldest-outbox",
    text: `SELECT greatest(extract(epoch FROM clock_timestamp() - created_at), 0)::float8 AS age
      FROM outbox ORDER BY id LIMIT 1`,
    values: [],
  });
  return rows[0]?.age ?? 0;
}

/** Rows that wait for a relay. A long outbox is not counted to its end: whether there is any is what matters. */
export async function countOutbox(database: Database): Promise<number> {
  const rows = await database.query<{ count: number }>({
    name: "count-outbox",
    text: `SELECT count(*) AS count FROM (SELECT FROM outbox WHERE ${isDue} LIMIT 1000) o`,
    values: [],
  });
  return rows[0]!.count;
}
