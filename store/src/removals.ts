import type { Removal } from "@parloir/contracts/internal.ts";
import type { Database } from "./database.ts";
import { overlap } from "./standing.ts";

/**
 * Who was taken out of which conversation since `since` (null: only lately), and until when this answer knows. Every
 * gateway asks every second: one probe of an index that holds nobody who stayed.
 */
export async function removalsSince(
  database: Database,
  since: string | null,
): Promise<{ at: string; removed: Removal[] }> {
  const rows = await database.query<{ at: string } & { [K in keyof Removal]: Removal[K] | null }>({
    name: "removals-since",
    text: `SELECT s.at, r.conversation_id AS "conversationId", r.user_id AS "userId"
      FROM (SELECT now()::timestamptz(3) AS at) s
      LEFT JOIN LATERAL (
        SELECT conversation_id, user_id FROM members
        WHERE left_at > COALESCE($1::timestamptz, s.at) - ${overlap}) r ON true`,
    values: [since],
  });
  const removed = rows.flatMap(({ conversationId, userId }) =>
    conversationId === null || userId === null ? [] : [{ conversationId, userId }],
  );
  return { at: rows[0]!.at, removed };
}
