import type { OutboxMessage } from "@parloir/contracts/jobs.ts";
import { maxPushSubscriptions } from "@parloir/contracts/push.ts";
import type { Notification } from "@parloir/contracts/shapes.ts";
import { unreadOf } from "./conversations.ts";
import type { Database } from "./database.ts";

export interface Recipient {
  conversationId: string;
  userId: string;
}

/** Who has not read these messages: members who did not send them, are not muted and whose mark is behind. */
export async function findRecipients(database: Database, messages: OutboxMessage[]): Promise<Recipient[]> {
  return database.query<Recipient>({
    name: "find-recipients",
    text: `SELECT DISTINCT p.conversation_id AS "conversationId", p.user_id AS "userId"
      FROM json_to_recordset($1::json) AS i("conversationId" uuid, seq bigint, "senderId" text)
      CROSS JOIN LATERAL (
        SELECT conversation_id, user_id FROM members m
        WHERE m.conversation_id = i."conversationId" AND m.user_id <> i."senderId" AND m.left_at IS NULL
          AND GREATEST(m.last_read_seq, m.joined_seq, m.cleared_seq) < i.seq
          AND (m.muted_until IS NULL OR m.muted_until <= now()) OFFSET 0) p`,
    values: [JSON.stringify(newestOfEach(messages))],
  });
}

/** Of each sender in each conversation: who has not read an earlier one has not read that one either. */
function newestOfEach(messages: OutboxMessage[]): OutboxMessage[] {
  const newest = new Map<string, OutboxMessage>();
  for (const message of messages) {
    const key = `${message.conversationId} ${message.senderId}`;
    if (message.seq > (newest.get(key)?.seq ?? 0)) newest.set(key, message);
  }
  return [...newest.values()];
}

/**
 * The expressions that read the bell's lines of some conversations, up to a message each: one of messages, one of calls; `seen` returns whose. Each
 * line is locked by itself, in the order in which everyone takes them (`writeNotifications`): an UPDATE that is joined
 * to a list takes rows in an order of its own, and two of them deadlock.
 */
export const readLines = (
  items: string,
  { person, conversation, upTo }: Record<"person" | "conversation" | "upTo", string>,
) => `lines AS MATERIALIZED (
        SELECT n.user_id, n.conversation_id, n.seq, n.type FROM ${items}
        CROSS JOIN LATERAL (
          SELECT * FROM notifications x WHERE x.user_id = ${person} AND x.conversation_id = ${conversation}
            AND x.type IN ('message', 'call') AND x.read_at IS NULL AND x.seq <= ${upTo} LIMIT 2) n
        ORDER BY n.user_id, n.conversation_id, n.type
      ), held AS MATERIALIZED (
        SELECT k.* FROM lines l CROSS JOIN LATERAL (
          SELECT user_id, conversation_id, seq, type FROM notifications
          WHERE user_id = l.user_id AND conversation_id = l.conversation_id AND seq = l.seq AND type = l.type
            AND read_at IS NULL LIMIT 1 FOR UPDATE) k
      ), seen AS (
        UPDATE notifications n SET read_at = now() FROM held l
        WHERE n.user_id = l.user_id AND n.conversation_id = l.conversation_id AND n.seq = l.seq AND n.type = l.type
        RETURNING n.user_id, n.conversation_id
      )`;

/**
 * A reply says that what came before it was read: the commit has raised its sender's mark, this raises the bell's line.
 * @returns whose lines these were, and what of the conversation is unread for them by now
 */
export async function readSendersLines(
  database: Database,
  messages: OutboxMessage[],
): Promise<(Recipient & { unreadCount: number })[]> {
  return database.query({
    name: "read-senders-lines",
    text: `WITH ${readLines(
      `json_to_recordset($1::json) AS i("conversationId" uuid, seq bigint, "senderId" text)`,
      {
        person: 'i."senderId"',
        conversation: 'i."conversationId"',
        upTo: "i.seq",
      },
    )}
      SELECT p.user_id AS "userId", v.id AS "conversationId", ${unreadOf} AS "unreadCount"
      FROM (SELECT DISTINCT user_id, conversation_id FROM seen) s
      CROSS JOIN LATERAL (SELECT * FROM members
        WHERE conversation_id = s.conversation_id AND user_id = s.user_id AND left_at IS NULL LIMIT 1) p
      CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = s.conversation_id LIMIT 1) v`,
    values: [JSON.stringify(newestOfEach(messages))],
  });
}

export interface WrittenNotification {
  userId: string;
  conversationId: string;
  notification: Notification;
  unreadCount: number;
  /** False when the person does not want to be told, or not at this hour: the line is there all the same. */
  announce: boolean;
  /** Since its newest message was sent. */
  ageSeconds: number;
}

/** By somebody's row `f` of preferences, if there is one. */
export const wantsToBeTold =
  "COALESCE(f.socket AND NOT COALESCE(is_quiet(f.quiet_zone, f.quiet_from, f.quiet_to, now()), false), true)";

export const longestPreview = 200;

/**
 * What the ledger gets for each line. Here and not by a job of its own: a worker that is killed has then either
 * written both or neither. The uncorrelated EXISTS are asked once per statement and, when nobody has a webhook or a
 * browser to be told in, keep everything else from running.
 */
const planned = `INSERT INTO deliveries (channel, target, user_id, conversation_id, seq)
  SELECT 'webhook', e.id, w.user_id, w.conversation_id, w.seq FROM written w CROSS JOIN webhooks e
  WHERE e.disabled_at IS NULL AND EXISTS (SELECT FROM webhooks WHERE disabled_at IS NULL)
  UNION ALL
  SELECT 'push', s.id, w.user_id, w.conversation_id, w.seq FROM written w
  CROSS JOIN LATERAL (SELECT id FROM push_subscriptions WHERE user_id = w.user_id ORDER BY id LIMIT ${maxPushSubscriptions}) s
  WHERE EXISTS (SELECT FROM push_subscriptions)
  ON CONFLICT DO NOTHING`;

/**
 * Writes or raises one unread line per recipient, for the newest message of another that they have not read; system
 * lines are none.
 * Running it again changes and answers nothing: a line is only ever raised, and never rewritten once it was read.
 * Whatever was read or muted meanwhile is left out here, at the moment of writing.
 * @param mailAfterSeconds when a line is due by e-mail to who has an address; null: never
 */
export async function writeNotifications(
  database: Database,
  recipients: Recipient[],
  mailAfterSeconds: number | null = null,
): Promise<WrittenNotification[]> {
  return database.query<WrittenNotification>({
    name: "write-notifications",
    text: `WITH due AS MATERIALIZED (
        SELECT p.user_id, v.id AS conversation_id, m.seq, m.created_at AS sent_at, u.name AS title,
          left(COALESCE(NULLIF(m.content, ''), m.attachments -> 0 ->> 'name', ''), ${longestPreview}) AS message, ${unreadOf} AS unread,
          CASE WHEN $2::int IS NOT NULL THEN (SELECT now() + make_interval(secs => $2) FROM users a
            WHERE a.id = p.user_id AND a.email IS NOT NULL) END AS mail_due_at
        FROM json_to_recordset($1::json) AS i("conversationId" uuid, "userId" text)
        CROSS JOIN LATERAL (
          SELECT * FROM members WHERE conversation_id = i."conversationId" AND user_id = i."userId"
            AND left_at IS NULL AND (muted_until IS NULL OR muted_until <= now()) LIMIT 1) p
        CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id LIMIT 1) v
        CROSS JOIN LATERAL (
          SELECT x.* FROM messages x
          WHERE x.conversation_id = v.id AND x.sender_id <> p.user_id AND x.kind <> 'system'
            AND x.seq > GREATEST(p.last_read_seq, p.joined_seq, p.cleared_seq)
          ORDER BY x.seq DESC LIMIT 1) m
        CROSS JOIN LATERAL (SELECT name FROM users WHERE id = m.sender_id LIMIT 1) u
        LEFT JOIN LATERAL (SELECT true AS is_there FROM notifications n WHERE n.user_id = p.user_id
          AND n.conversation_id = v.id AND n.type = 'message' AND n.seq >= m.seq LIMIT 1) written ON true
        WHERE written.is_there IS NULL
        ORDER BY p.user_id, v.id
      ), written AS (
        INSERT INTO notifications AS n (user_id, conversation_id, seq, type, count, mail_due_at)
        SELECT user_id, conversation_id, seq, 'message', unread, mail_due_at FROM due
        ON CONFLICT (user_id, conversation_id, type) WHERE read_at IS NULL
        DO UPDATE SET seq = EXCLUDED.seq, count = EXCLUDED.count, created_at = now(),
          mail_due_at = COALESCE(n.mail_due_at, EXCLUDED.mail_due_at) WHERE n.seq < EXCLUDED.seq
        RETURNING id, user_id, conversation_id, seq, type, count, created_at
      ), planned AS (
        ${planned}
      )
      SELECT w.user_id AS "userId", w.conversation_id AS "conversationId", d.unread AS "unreadCount",
        ${wantsToBeTold} AS announce,
        extract(epoch FROM clock_timestamp() - d.sent_at)::float8 AS "ageSeconds",
        json_build_object('id', w.id, 'type', w.type, 'conversationId', w.conversation_id, 'seq', w.seq,
          'title', d.title, 'message', d.message, 'count', w.count,
          'createdAt', to_char(w.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'readAt', NULL) AS notification
      FROM written w JOIN due d USING (user_id, conversation_id)
      LEFT JOIN LATERAL (SELECT * FROM notification_preferences WHERE user_id = w.user_id LIMIT 1) f ON true`,
    values: [JSON.stringify(recipients), mailAfterSeconds],
  });
}
