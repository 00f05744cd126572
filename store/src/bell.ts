import { CodedError } from "@parloir/contracts/errors.ts";
import type {
  NotificationPreferences,
  PutPreferencesBody,
  ReadNotifications,
} from "@parloir/contracts/notifications.ts";
import type { Notification } from "@parloir/contracts/shapes.ts";
import { floorOf } from "./conversations.ts";
import type { Database } from "./database.ts";
import { missedCallSentence } from "./missed-calls.ts";
import { type NoticeRow, noticeColumns, notificationOf } from "./notices.ts";
import { longestPreview } from "./notifications.ts";

/** A person's lines as they see them. Writing them is in notifications.ts and notices.ts, raising read marks in marks.ts. */

/** Of a line `n`: nobody is shown what a conversation holds that is not theirs any more, or was deleted for them. */
const isVisible = `EXISTS (SELECT FROM members p WHERE p.conversation_id = n.conversation_id
  AND p.user_id = n.user_id AND p.left_at IS NULL AND n.seq > ${floorOf})`;

/** Newest activity first; the texts are those of now, so an edited or deleted message is shown as it is. */
export async function listNotifications(
  database: Database,
  filter: {
    userId: string;
    unread: boolean;
    /** Keyset: strictly older than this line. */
    before: { createdAt: string; id: string } | null;
    limit: number;
  },
): Promise<Notification[]> {
  const rows = await database.query<NoticeRow>({
    name: "list-notifications",
    text: `SELECT * FROM (
        (SELECT n.id, n.type, n.conversation_id AS "conversationId", n.seq,
          COALESCE(u.name, '') AS title, CASE n.type WHEN 'call' THEN '${missedCallSentence}'
            ELSE left(COALESCE(m.content, ''), ${longestPreview}) END AS message, n.count, n.created_at AS "createdAt",
          n.read_at AS "readAt", NULL AS level, NULL AS href
        FROM notifications n
        LEFT JOIN LATERAL (SELECT * FROM messages x
          WHERE x.conversation_id = n.conversation_id AND x.seq = n.seq LIMIT 1) m ON true
        LEFT JOIN LATERAL (SELECT actor_id FROM system_lines
          WHERE n.type = 'call' AND conversation_id = n.conversation_id AND seq = n.seq LIMIT 1) l ON true
        LEFT JOIN users u ON u.id = COALESCE(l.actor_id, m.sender_id)
        WHERE n.user_id = $1 AND (NOT $2 OR n.read_at IS NULL) AND ${isVisible}
          AND (n.created_at, n.id) < (COALESCE($3::timestamptz, 'infinity'), $4::uuid)
        ORDER BY n.created_at DESC, n.id DESC LIMIT $5)
        UNION ALL
        (SELECT ${noticeColumns} FROM notices n
        WHERE n.user_id = $1 AND (NOT $2 OR n.read_at IS NULL)
          AND (n.created_at, n.id) < (COALESCE($3::timestamptz, 'infinity'), $4::uuid)
        ORDER BY n.created_at DESC, n.id DESC LIMIT $5)) n
      ORDER BY n."createdAt" DESC, n.id DESC LIMIT $5`,
    values: [
      filter.userId,
      filter.unread,
      filter.before?.createdAt ?? null,
      filter.before?.id ?? "ffffffff-ffff-ffff-ffff-ffffffffffff",
      filter.limit,
    ],
  });
  return rows.map(notificationOf);
}

export async function countUnreadNotifications(database: Database, userId: string): Promise<number> {
  const rows = await database.query<{ count: number }>({
    name: "count-unread-notifications",
    text: `SELECT (SELECT count(*) FROM notifications n
        WHERE n.user_id = $1 AND n.read_at IS NULL AND ${isVisible})
      + (SELECT count(*) FROM notices n WHERE n.user_id = $1 AND n.read_at IS NULL) AS count`,
    values: [userId],
  });
  return rows[0]!.count;
}

/**
 * Reading a line reads no message. Lines are taken in the order in which everyone takes them: see raiseMarks.
 * @param ids null: all of them; those of others are not there
 */
export async function readNotifications(
  database: Database,
  userId: string,
  ids: string[] | null,
): Promise<ReadNotifications> {
  const read = await database.query<{ id: string }>({
    name: "read-notifications",
    text: `WITH lines AS MATERIALIZED (
        SELECT conversation_id, seq, type FROM notifications
        WHERE user_id = $1 AND read_at IS NULL AND ($2::uuid[] IS NULL OR id = ANY ($2))
        ORDER BY user_id, conversation_id, type FOR UPDATE
      ), seen AS (
        UPDATE notifications n SET read_at = now() FROM lines l
        WHERE n.user_id = $1 AND n.conversation_id = l.conversation_id AND n.seq = l.seq AND n.type = l.type
          AND n.read_at IS NULL
        RETURNING n.id
      ), told AS MATERIALIZED (
        SELECT id FROM notices WHERE user_id = $1 AND read_at IS NULL AND ($2::uuid[] IS NULL OR id = ANY ($2))
        ORDER BY cursor FOR UPDATE
      ), heard AS (
        UPDATE notices n SET read_at = now() FROM told t WHERE n.id = t.id RETURNING n.id
      )
      SELECT id FROM seen UNION ALL SELECT id FROM heard`,
    values: [userId, ids],
  });
  return { ids: read.map((row) => row.id), unread: await countUnreadNotifications(database, userId) };
}

const everything: NotificationPreferences = {
  channels: { socket: true, webhook: true, push: true, email: true },
  quietHours: null,
};

export async function findPreferences(database: Database, userId: string): Promise<NotificationPreferences> {
  const rows = await database.query<NotificationPreferences>({
    name: "find-preferences",
    text: `SELECT json_build_object('socket', socket, 'webhook', webhook, 'push', push, 'email', email) AS channels, CASE WHEN quiet_zone IS NOT NULL THEN
        json_build_object('zone', quiet_zone, 'from', to_char(quiet_from, 'HH24:MI'), 'to', to_char(quiet_to, 'HH24:MI'))
        END AS "quietHours"
      FROM notification_preferences WHERE user_id = $1`,
    values: [userId],
  });
  return rows[0] ?? everything;
}

/** @throws CodedError INVALID when the database does not know the zone */
export async function putPreferences(
  database: Database,
  userId: string,
  { channels, quietHours }: PutPreferencesBody,
): Promise<void> {
  const rows = await database.query({
    name: "put-preferences",
    text: `INSERT INTO notification_preferences AS p (user_id, quiet_zone, quiet_from, quiet_to,
        socket, webhook, push, email)
      SELECT $1, $2, $3::time, $4::time,
        COALESCE($5, true), COALESCE($6, true), COALESCE($7, true), COALESCE($8, true)
      WHERE $2::text IS NULL OR EXISTS (SELECT FROM pg_timezone_names WHERE lower(name) = lower($2))
      ON CONFLICT (user_id) DO UPDATE SET quiet_zone = EXCLUDED.quiet_zone, quiet_from = EXCLUDED.quiet_from,
        quiet_to = EXCLUDED.quiet_to, socket = COALESCE($5, p.socket), webhook = COALESCE($6, p.webhook),
        push = COALESCE($7, p.push), email = COALESCE($8, p.email)
      RETURNING 1`,
    values: [
      userId,
      quietHours?.zone ?? null,
      quietHours?.from ?? null,
      quietHours?.to ?? null,
      channels.socket ?? null,
      channels.webhook ?? null,
      channels.push ?? null,
      channels.email ?? null,
    ],
  });
  if (!rows[0]) throw new CodedError("INVALID", "quietHours.zone: not a zone of the database");
}
