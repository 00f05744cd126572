import { randomUUID } from "node:crypto";
import type { Database } from "./database.ts";

/**
 * A new conversation for the canary of a gateway: it alone is in it. What it wrote in former ones is deleted with them,
 * but for the last one, which another socket of it may be about to leave.
 */
export function beginCanaryConversation(database: Database, userId: string): Promise<string> {
  return database.transaction(async (query) => {
    const former = await query<{ id: string }>({
      name: "former-canary-conversations",
      text: `SELECT v.id FROM members p JOIN conversations v ON v.id = p.conversation_id
        WHERE p.user_id = $1 AND v.subject_type = 'canary' ORDER BY v.id DESC OFFSET 1`,
      values: [userId],
    });
    const ids = former.map((row) => row.id);
    // In the order in which they refer to one another.
    for (const table of ["notifications", "messages", "members"])
      await query({
        name: `delete-canary-${table}`,
        text: `DELETE FROM ${table} WHERE conversation_id = ANY ($1::uuid[])`,
        values: [ids],
      });
    await query({
      name: "delete-canary-conversations",
      text: "DELETE FROM conversations WHERE id = ANY ($1::uuid[])",
      values: [ids],
    });
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
