import type { DeliveryChannel } from "@parloir/contracts/jobs.ts";
import type { Notification } from "@parloir/contracts/shapes.ts";
import type { Database } from "./database.ts";
import { longestPreview } from "./notifications.ts";

/**
 * The ledger of what reaches people beyond their pages. Rows are written with the notification itself
 * (`writeNotifications`) and say all: a queue that is flushed, or hands a job out twice, changes nothing.
 *
 * - `take` drops what is needless by now, hands the rest out and says when it counts as lost. Each take has a number; a job of an earlier take does
 *   nothing, and of two runs of the same job the second does nothing.
 * - `begin` counts the attempt before it is made, and says whether it is still needed.
 * - The rest says what became of it.
 *
 * A worker that is killed between sending and `markSent` makes one attempt too many, under the same id: that much no
 * ledger can know, and receivers recognise a repeat by its id.
 */

/** Longer than an attempt with all its waiting for a place (`timeoutMs` in the catalogue). */
const leaseSeconds = 30;

/** At a time, of one webhook: one that hangs must not take all places. While it fails, one: it is only tried. */
const webhookRoom = 8;

/** At a time, of a way that is one lane. Few e-mails: each may take most of its lease, and what waits for a place loses it. */
const wholeLanes = { push: 100, email: 6 } as const satisfies Partial<Record<DeliveryChannel, number>>;

const wholeLane = (channel: DeliveryChannel, room: number) => `UNION ALL
  SELECT '${channel}', NULL, ${room} - (SELECT count(*) FROM deliveries d
    WHERE ${waitingIn(channel)} AND d.stage <> 'idle' AND d.due_at > now())
  WHERE EXISTS (SELECT FROM deliveries d WHERE ${waitingIn(channel)} AND d.due_at <= now())`;

export interface Lane {
  channel: DeliveryChannel;
  target: string | null;
  /** How many more may be under way. */
  room: number;
}

const waitingIn = (channel: DeliveryChannel) => `d.channel = '${channel}' AND d.state = 'waiting'`;

/** Where something is due, and how much of it may be handed out. On empty tables this costs three look-ups. */
export async function dueLanes(database: Database): Promise<Lane[]> {
  const lanes = await database.query<Lane>({
    name: "due-lanes",
    text: `SELECT 'webhook' AS channel, e.id AS target, CASE WHEN e.failing_since IS NULL THEN ${webhookRoom} ELSE 1 END - (
        SELECT count(*) FROM deliveries d WHERE ${waitingIn("webhook")} AND d.target = e.id AND d.stage <> 'idle'
          AND d.due_at > now()) AS room
      FROM webhooks e
      WHERE e.disabled_at IS NULL AND EXISTS (
        SELECT FROM deliveries d WHERE ${waitingIn("webhook")} AND d.target = e.id AND d.due_at <= now())
      ${Object.entries(wholeLanes)
        .map(([channel, room]) => wholeLane(channel as DeliveryChannel, room))
        .join(" ")}`,
    values: [],
  });
  return lanes.filter(({ room }) => room > 0);
}

/** `$1` is null where a lane is a whole channel. */
const ofTarget = (channel: DeliveryChannel) => (channel === "webhook" ? "d.target = $1" : "$1::uuid IS NULL");

export interface Taken {
  id: string;
  take: number;
  /** It was tried before. */
  isRetry: boolean;
}

/** Of a row `d` that tells of a line, at this moment: what it needs to know of the person and the conversation. */
const circumstances = `LEFT JOIN LATERAL (SELECT banned_at FROM users WHERE id = d.user_id LIMIT 1) r ON true
      LEFT JOIN LATERAL (SELECT * FROM members
        WHERE conversation_id = d.conversation_id AND user_id = d.user_id AND left_at IS NULL LIMIT 1) p ON true
      LEFT JOIN LATERAL (SELECT * FROM notifications
        WHERE user_id = d.user_id AND conversation_id = d.conversation_id AND type = 'message' AND read_at IS NULL
        LIMIT 1) n ON true
      LEFT JOIN LATERAL (SELECT * FROM messages
        WHERE conversation_id = n.conversation_id AND seq = n.seq LIMIT 1) m ON true
      LEFT JOIN LATERAL (SELECT * FROM notification_preferences WHERE user_id = d.user_id LIMIT 1) f ON true`;

/** Why it is not to be sent; null: it is. */
const needless = `CASE
          WHEN r.banned_at IS NOT NULL THEN 'banned'
          WHEN p.user_id IS NULL THEN 'left'
          WHEN p.muted_until > now() THEN 'muted'
          WHEN GREATEST(p.last_read_seq, p.joined_seq, p.cleared_seq) >= d.seq OR n.id IS NULL THEN 'read'
          WHEN n.seq > d.seq THEN 'superseded'
          WHEN m.deleted_at IS NOT NULL THEN 'deleted'
          WHEN NOT COALESCE(CASE d.channel WHEN 'webhook' THEN f.webhook ELSE f.push END, true) THEN 'unwanted'
        END`;

/** Rows looked at in one go, of which most may be needless. */
const judgedAtOnce = 500;

/**
 * Hands out what is due in a lane, oldest first, and drops what has become needless while it waited: where somebody is
 * told of every message of a busy conversation that is nearly all, and a job for each would cost fifty times as much.
 * Workers do not wait for one another (SKIP LOCKED).
 * @returns how many were dropped, and `isMore` when there may be more to drop or to hand out
 */
export async function takeDeliveries(
  database: Database,
  { channel, target, room }: Lane,
): Promise<{ taken: Taken[]; dropped: number; isMore: boolean }> {
  // A digest tells of several lines, and what is left of them is seen when it is written.
  const isOfLine = channel !== "email";
  const atOnce = isOfLine ? judgedAtOnce : room;
  const rows = await database.query<Taken & { isDropped: boolean }>({
    name: `take-${channel}-deliveries`,
    text: `WITH due AS MATERIALIZED (
        SELECT d.* FROM deliveries d WHERE ${waitingIn(channel)} AND d.due_at <= now() AND ${ofTarget(channel)}
        ORDER BY d.due_at LIMIT $3 FOR UPDATE SKIP LOCKED
      ), judged AS MATERIALIZED (
        SELECT d.id, d.due_at, ${isOfLine ? needless : "NULL::text"} AS needless FROM due d ${isOfLine ? circumstances : ""}
      ), dropped AS (
        UPDATE deliveries x SET state = 'dropped', stage = 'idle', reason = j.needless, done_at = now()
        FROM judged j WHERE x.id = j.id AND j.needless IS NOT NULL
        RETURNING x.id, x.takes, x.attempts
      ), handed AS (
        UPDATE deliveries SET takes = takes + 1, stage = 'queued', due_at = now() + interval '${leaseSeconds} seconds'
        WHERE id IN (SELECT id FROM judged WHERE needless IS NULL ORDER BY due_at LIMIT $2)
        RETURNING id, takes, attempts
      )
      SELECT id, takes AS take, attempts > 0 AS "isRetry", false AS "isDropped" FROM handed
      UNION ALL SELECT id, takes, attempts > 0, true FROM dropped`,
    values: [target, room, atOnce],
  });
  const taken = rows.filter((row) => !row.isDropped);
  const dropped = rows.length - taken.length;
  return { taken, dropped, isMore: taken.length === room || rows.length === atOnce };
}

/** An attempt, whatever the way. */
export interface Begun {
  id: string;
  take: number;
  /** This one included. */
  attempts: number;
  userId: string;
  /** Why it is not to be sent. */
  needless: string | null;
  /** The person's quiet hours end then. */
  quietUntil: string | null;
  /** By the database's clock, how long this take may last. Milliseconds. */
  leaseMs: number;
}

export interface BegunNotification extends Begun {
  target: string;
  createdAt: string;
  /** As it stands at this moment. */
  notification: Notification;
}

/** `b`: of two runs of one job only the first finds it so. */
export const begin = `b AS (
        UPDATE deliveries SET stage = 'begun', attempts = attempts + 1
        WHERE id = $1 AND takes = $2 AND state = 'waiting' AND stage = 'queued' AND due_at > now() RETURNING *
      )`;

/**
 * Begins an attempt: null when another run has it, or had it. Everything is asked at this moment: whether the person
 * is still a member, has not read or muted it, and wants to be told by this way.
 */
export async function beginDelivery(
  database: Database,
  id: string,
  take: number,
): Promise<BegunNotification | null> {
  const rows = await database.query<BegunNotification>({
    name: "begin-delivery",
    text: `WITH ${begin}
      SELECT d.id, d.takes AS take, d.target, d.attempts, d.created_at AS "createdAt", d.user_id AS "userId",
        extract(epoch FROM d.due_at - now())::float8 * 1000 AS "leaseMs",
        ${needless} AS needless,
        quiet_until(f.quiet_zone, f.quiet_from, f.quiet_to, now()) AS "quietUntil",
        json_build_object('id', n.id, 'type', n.type, 'conversationId', n.conversation_id, 'seq', n.seq,
          'title', COALESCE(u.name, ''),
          'message', left(COALESCE(NULLIF(m.content, ''), m.attachments -> 0 ->> 'name', ''), ${longestPreview}),
          'count', n.count, 'createdAt', to_char(n.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'readAt', NULL)
          AS notification
      FROM b d
      ${circumstances}
      LEFT JOIN users u ON u.id = m.sender_id`,
    values: [id, take],
  });
  return rows[0] ?? null;
}

/** Also by a worker that was frozen and whose row was handed out again: what was sent was sent. */
export async function markSent(database: Database, id: string, status: number | null): Promise<void> {
  await database.query({
    name: "mark-delivery-sent",
    text: `UPDATE deliveries SET state = 'sent', stage = 'idle', reason = NULL, status = $2, done_at = now()
      WHERE id = $1 AND state = 'waiting'`,
    values: [id, status],
  });
}

type Attempt = Pick<Begun, "id" | "take">;

/** Needless by now. That was no attempt. */
export async function dropDelivery(database: Database, { id, take }: Attempt, reason: string): Promise<void> {
  await database.query({
    name: "drop-delivery",
    text: `UPDATE deliveries SET state = 'dropped', stage = 'idle', reason = $3, done_at = now(),
        attempts = attempts - 1 WHERE id = $1 AND takes = $2 AND state = 'waiting'`,
    values: [id, take, reason],
  });
}

/** Not now. That was no attempt. */
export async function postponeDelivery(
  database: Database,
  { id, take }: Attempt,
  until: string,
): Promise<void> {
  await database.query({
    name: "postpone-delivery",
    text: `UPDATE deliveries SET stage = 'idle', due_at = $3, attempts = attempts - 1
      WHERE id = $1 AND takes = $2 AND state = 'waiting'`,
    values: [id, take, until],
  });
}

export interface Failure {
  reason: string;
  status: number | null;
  /** Null: that was the last attempt. */
  againInMs: number | null;
}

export async function markFailed(
  database: Database,
  { id, take }: Attempt,
  { reason, status, againInMs }: Failure,
): Promise<void> {
  await database.query({
    name: "mark-delivery-failed",
    text: `UPDATE deliveries SET stage = 'idle', reason = $3, status = $4,
        state = CASE WHEN $5::float8 IS NULL THEN 'dead' ELSE 'waiting' END,
        done_at = CASE WHEN $5::float8 IS NULL THEN now() END,
        due_at = now() + make_interval(secs => COALESCE($5::float8, 0) / 1000)
      WHERE id = $1 AND takes = $2 AND state = 'waiting'`,
    values: [id, take, reason, status, againInMs],
  });
}

/** What was planned in the moment in which its webhook was deleted: no lane leads to it. */
export async function dropOrphanedDeliveries(database: Database): Promise<void> {
  await database.query({
    name: "drop-orphaned-deliveries",
    text: `UPDATE deliveries d SET state = 'dropped', reason = 'webhook_gone', stage = 'idle', done_at = now()
      WHERE ${waitingIn("webhook")} AND NOT EXISTS (SELECT FROM webhooks WHERE id = d.target)`,
    values: [],
  });
}

/** What is done is kept for whoever asks what became of it: dead letters longer, because they may be sent again. */
const keptDays = { done: 7, dead: 30 };
const rowsAtOnce = 5_000;

/** @returns true when there may be more */
export async function deleteOldDeliveries(database: Database): Promise<boolean> {
  const rows = await database.query({
    name: "delete-old-deliveries",
    text: `DELETE FROM deliveries WHERE id IN (
        SELECT id FROM deliveries
        WHERE done_at < now() - interval '${keptDays.done} days'
          AND (state <> 'dead' OR done_at < now() - interval '${keptDays.dead} days')
        ORDER BY done_at LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED)
      RETURNING 1`,
    values: [],
  });
  return rows.length === rowsAtOnce;
}
