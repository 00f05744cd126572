import { randomUUID } from "node:crypto";
import type { Database } from "./database.ts";

/** More than a gateway that fell behind reads at once before it starts again from the head. */
const keptMessages = 1_000;

/**
 * The conversation in which the canary of a gateway is alone: made once, and the same for ever, emptied of all but its
 * last messages. Never deleted: a gateway whose sockets are in a conversation that the database does not have takes
 * that for the proof of an older state, and every client of the cluster would reload.
 */
export function openCanaryConversation(database: Database, userId: string): Promise<string> {
  return database.transaction(async (query) => {
    const [found] = await query<{ id: string; last_seq: number }>({
      name: "find-canary-conversation",
      text: `SELECT v.id, v.last_seq FROM members p JOIN conversations v ON v.id = p.conversation_id
        WHERE p.user_id = $1 AND v.subject_type = 'canary' ORDER BY v.id DESC LIMIT 1`,
      values: [userId],
    });
    if (found) {
      for (const table of ["notifications", "messages"])
        await query({
          name: `empty-canary-${table}`,
          text: `DELETE FROM ${table} WHERE conversation_id = $1 AND seq <= $2`,
          values: [found.id, found.last_seq - keptMessages],
        });
      return found.id;
    }
    const [created] = await query<{ id: string }>({
      name: "begin-canary-conversation",
      text: `INSERT INTO conversations (kind, subject_type, subject_id, subject_title, created_by)
        SELECT 'group', 'canary', $2, 'Canary', id FROM users WHERE id = $1 RETURNING id`,
      values: [userId, randomUUID()],
    });
    await query({
      name: "join-canary",
      text: "INSERT INTO members (conversation_id, user_id) VALUES ($1, $2)",
      values: [created!.id, userId],
    });
    return created!.id;
  });
}
