import { unreadOf } from "./conversations.ts";
import type { Database } from "./database.ts";
import { type Begun, begin } from "./deliveries.ts";
import { longestPreview } from "./notifications.ts";

/**
 * E-mails to who stayed away. A line of the bell says itself when it is due (`mail_due_at`), and planning an e-mail
 * takes that away: each line is told of once, and one that is raised later is a new one.
 */

export interface Absentee {
  userId: string;
  isWanted: boolean;
  quietUntil: string | null;
}

/** Who has lines that are due. */
export async function findAbsentees(database: Database, limit: number): Promise<Absentee[]> {
  return database.query<Absentee>({
    name: "find-absentees",
    text: `SELECT i.user_id AS "userId", COALESCE(f.email, true) AND u.email IS NOT NULL AS "isWanted",
        quiet_until(f.quiet_zone, f.quiet_from, f.quiet_to, now()) AS "quietUntil"
      FROM (SELECT DISTINCT n.user_id FROM (
        SELECT user_id FROM notifications WHERE mail_due_at <= now() AND mail_due_at IS NOT NULL AND read_at IS NULL
        ORDER BY mail_due_at LIMIT $1) n) i
      CROSS JOIN LATERAL (SELECT email FROM users WHERE id = i.user_id LIMIT 1) u
      LEFT JOIN LATERAL (SELECT * FROM notification_preferences WHERE user_id = i.user_id LIMIT 1) f ON true`,
    values: [limit],
  });
}

/** All unread lines of the person that wait for an e-mail, in the order in which everyone takes them: see raiseMarks. */
const waitingLines = `lines AS MATERIALIZED (
  SELECT conversation_id, seq, type FROM notifications
  WHERE user_id = $1 AND mail_due_at IS NOT NULL AND read_at IS NULL
  ORDER BY user_id, conversation_id FOR UPDATE
)`;
const ofLines = `n.user_id = $1 AND n.conversation_id = l.conversation_id AND n.seq = l.seq AND n.type = l.type`;

/** One e-mail for all that waits, also for what is not due yet. */
export async function planDigest(database: Database, userId: string): Promise<void> {
  await database.query({
    name: "plan-digest",
    text: `WITH ${waitingLines}, taken AS (
        UPDATE notifications n SET mail_due_at = NULL FROM lines l WHERE ${ofLines} RETURNING n.conversation_id, n.seq
      )
      INSERT INTO deliveries (channel, user_id, conversation_id, seq, lines)
      SELECT 'email', $1, (array_agg(conversation_id ORDER BY conversation_id DESC))[1],
        (array_agg(seq ORDER BY conversation_id DESC))[1],
        json_agg(json_build_object('conversationId', conversation_id, 'seq', seq) ORDER BY conversation_id)
      FROM taken HAVING count(*) > 0
      ON CONFLICT DO NOTHING`,
    values: [userId],
  });
}

/** @param until null: those lines are not told of by e-mail */
export async function postponeDigest(
  database: Database,
  userId: string,
  until: string | null,
): Promise<void> {
  await database.query({
    name: "postpone-digest",
    text: `WITH ${waitingLines}
      UPDATE notifications n SET mail_due_at = $2 FROM lines l WHERE ${ofLines}`,
    values: [userId, until],
  });
}

export interface DigestLine {
  conversationId: string;
  /** Who wrote the newest of them. */
  title: string;
  message: string;
  /** Unread in the conversation. */
  count: number;
  createdAt: string;
}

export interface BegunDigest extends Begun {
  name: string;
  address: string;
  locale: string | null;
  /** What is still unread at this moment. */
  lines: DigestLine[];
}

/** As `beginDelivery`, for an e-mail: what was read, muted or deleted meanwhile is left out, down to nothing. */
export async function beginDigest(database: Database, id: string, take: number): Promise<BegunDigest | null> {
  const rows = await database.query<BegunDigest>({
    name: "begin-digest",
    text: `WITH ${begin}
      SELECT b.id, b.takes AS take, b.attempts, b.user_id AS "userId", u.name, u.email AS address, u.locale,
        extract(epoch FROM b.due_at - now())::float8 * 1000 AS "leaseMs", COALESCE(l.lines, '[]') AS lines,
        CASE WHEN u.banned_at IS NOT NULL THEN 'banned' WHEN l.lines IS NULL THEN 'read' WHEN u.email IS NULL THEN 'no_address'
          WHEN NOT COALESCE(f.email, true) THEN 'unwanted' END AS needless,
        quiet_until(f.quiet_zone, f.quiet_from, f.quiet_to, now()) AS "quietUntil"
      FROM b
      CROSS JOIN LATERAL (SELECT name, email, locale, banned_at FROM users WHERE id = b.user_id LIMIT 1) u
      LEFT JOIN LATERAL (SELECT * FROM notification_preferences WHERE user_id = b.user_id LIMIT 1) f ON true
      CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object('conversationId', i."conversationId", 'title', COALESCE(s.name, ''),
          'message', left(COALESCE(NULLIF(m.content, ''), m.attachments -> 0 ->> 'name', ''), ${longestPreview}),
          'count', ${unreadOf},
          'createdAt', to_char(m.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY m.created_at DESC) AS lines
        FROM jsonb_to_recordset(b.lines) AS i("conversationId" uuid, seq bigint)
        CROSS JOIN LATERAL (SELECT * FROM members
          WHERE conversation_id = i."conversationId" AND user_id = b.user_id AND left_at IS NULL LIMIT 1) p
        CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = i."conversationId" LIMIT 1) v
        CROSS JOIN LATERAL (SELECT * FROM messages
          WHERE conversation_id = i."conversationId" AND seq = i.seq AND deleted_at IS NULL LIMIT 1) m
        CROSS JOIN LATERAL (SELECT 1 FROM notifications WHERE user_id = b.user_id
          AND conversation_id = i."conversationId" AND type = 'message' AND read_at IS NULL LIMIT 1) n
        LEFT JOIN users s ON s.id = m.sender_id
        WHERE GREATEST(p.last_read_seq, p.joined_seq, p.cleared_seq) < i.seq
          AND (p.muted_until IS NULL OR p.muted_until <= now())) l`,
    values: [id, take],
  });
  return rows[0] ?? null;
}
