import type { UnreadSummary } from "@parloir/contracts/http.ts";
import { unreadAfter, unreadOf } from "./conversations.ts";
import type { Database } from "./database.ts";
import { readLines } from "./notifications.ts";

export interface Mark {
  userId: string;
  conversationId: string;
  seq: number;
}

export interface MarkRow {
  lastReadSeq: number;
  unreadCount: number;
  /** Unread over all of this person's conversations, after the whole batch; 0 when the mark was not raised. */
  total: number;
  /** False when the mark stood there already. */
  raised: boolean;
}

/**
 * Raises read marks, capped at the head, and with them the bell's lines of those conversations.
 * Members are taken in the order in which the group commit takes them, notifications in that of
 * `writeNotifications`.
 * @param marks at most one per (person, conversation)
 * @returns in the order of the marks; null where the person is not a member
 */
export async function raiseMarks(database: Database, marks: Mark[]): Promise<(MarkRow | null)[]> {
  const input = marks.map((mark, ord) => ({ ord, c: mark.conversationId, u: mark.userId, s: mark.seq }));
  const rows = await database.query<{ ord: number } & Omit<MarkRow, "total">>({
    name: "raise-marks",
    text: `WITH input AS MATERIALIZED (
        SELECT i.ord, i.c, i.u, LEAST(i.s, v.last_seq) AS seq, v.last_seq, p.last_read_seq AS was
        FROM json_to_recordset($1::json) AS i(ord int, c uuid, u text, s bigint)
        JOIN conversations v ON v.id = i.c
        JOIN members p ON p.conversation_id = i.c AND p.user_id = i.u AND p.left_at IS NULL
        ORDER BY i.c, i.u
      ), raised AS (
        UPDATE members p SET last_read_seq = GREATEST(p.last_read_seq, i.seq)
        FROM input i WHERE p.conversation_id = i.c AND p.user_id = i.u AND p.last_read_seq < i.seq
        RETURNING p.conversation_id, p.user_id, p.last_read_seq
      ), ${readLines("input i", { person: "i.u", conversation: "i.c", upTo: "i.seq" })}
      SELECT i.ord, GREATEST(i.was, i.seq, r.last_read_seq) AS "lastReadSeq", r.user_id IS NOT NULL AS raised,
        ${unreadAfter("GREATEST(i.was, i.seq, r.last_read_seq, p.joined_seq, p.cleared_seq)")} AS "unreadCount"
      FROM input i
      JOIN conversations v ON v.id = i.c
      JOIN members p ON p.conversation_id = i.c AND p.user_id = i.u
      LEFT JOIN raised r ON r.conversation_id = i.c AND r.user_id = i.u`,
    values: [JSON.stringify(input)],
  });
  // Only a mark that moved is announced, and only the announcement carries the total.
  const moved = rows.filter((row) => row.raised).map((row) => marks[row.ord]!.userId);
  const totals = moved.length === 0 ? new Map<string, number>() : await unreadTotals(database, moved);
  const results: (MarkRow | null)[] = marks.map(() => null);
  for (const { ord, ...row } of rows) results[ord] = { ...row, total: totals.get(marks[ord]!.userId) ?? 0 };
  return results;
}

/** Unread over all conversations, for several people at once. */
export async function unreadTotals(database: Database, userIds: string[]): Promise<Map<string, number>> {
  const rows = await database.query<{ user_id: string; total: number }>({
    name: "unread-totals",
    text: `SELECT i.user_id, COALESCE(t.total, 0)::bigint AS total
      FROM unnest($1::text[]) AS i(user_id)
      CROSS JOIN LATERAL (
        SELECT sum(${unreadOf}) AS total FROM members p
        CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id LIMIT 1) v
        WHERE p.user_id = i.user_id AND p.left_at IS NULL) t`,
    values: [[...new Set(userIds)]],
  });
  return new Map(rows.map((row) => [row.user_id, row.total]));
}

export async function unreadSummary(database: Database, userId: string): Promise<UnreadSummary> {
  const rows = await database.query<{ id: string; count: number }>({
    name: "unread-summary",
    text: `SELECT v.id, ${unreadOf} AS count FROM members p JOIN conversations v ON v.id = p.conversation_id
      WHERE p.user_id = $1 AND p.left_at IS NULL AND ${unreadOf} > 0`,
    values: [userId],
  });
  return {
    total: rows.reduce((sum, row) => sum + row.count, 0),
    conversations: Object.fromEntries(rows.map((row) => [row.id, row.count])),
  };
}
