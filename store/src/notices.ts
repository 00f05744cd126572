import { CodedError } from "@parloir/contracts/errors.ts";
import type { HostNotice } from "@parloir/contracts/notifications.ts";
import type { Notification, ToastLevel } from "@parloir/contracts/shapes.ts";
import { againAfterRace, type NewChannelEvent, publishWithin } from "./channels.ts";
import type { Database } from "./database.ts";
import { findRole } from "./members.ts";
import { wantsToBeTold } from "./notifications.ts";

/** What a host's back end tells one person beside chat: lines of their bell. Reading them is in bell.ts. */

/** A line of the bell, of either kind, as it is selected. */
export interface NoticeRow extends Omit<Notification, "level" | "href"> {
  level: ToastLevel | null;
  href: string | null;
}

export const noticeColumns = `n.id, 'host' AS type, NULL::uuid AS "conversationId", NULL::bigint AS seq, n.title,
  n.message, 1 AS count, n.created_at AS "createdAt", n.read_at AS "readAt", n.level, n.href`;

export function notificationOf({ level, href, ...rest }: NoticeRow): Notification {
  return { ...rest, ...(level === null ? {} : { level }), ...(href === null ? {} : { href }) };
}

export interface ToldNotice {
  notice: HostNotice;
  /** Of the person's channel. */
  roster: number;
  /** False when the person does not want to be told, or not at this hour. */
  announce: boolean;
}

/**
 * The event in the person's channel and the line of the bell, or neither. A retry with the same eventId is answered with
 * the first one's line, as long as the channel remembers the event.
 * @throws CodedError NOT_FOUND: no such person; CONFLICT: this eventId was another event
 */
export function notifyPerson(
  database: Database,
  userId: string,
  event: NewChannelEvent,
  told: { title: string; message: string; level?: ToastLevel | undefined; href?: string | undefined },
): Promise<ToldNotice> {
  const tell = () =>
    database.transaction(async (query): Promise<ToldNotice> => {
      if (!(await findRole(query, userId))) throw new CodedError("NOT_FOUND", "no such person");
      const { cursor, roster, duplicate } = await publishWithin(query, event);
      await query({
        name: "write-notice",
        // Of an event that was published otherwise under this eventId there is no line yet.
        text: `INSERT INTO notices (user_id, cursor, title, message, level, href) VALUES ($1, $2, $3, $4, $5, $6)
          ON CONFLICT (user_id, cursor) DO NOTHING`,
        values: [userId, cursor, told.title, told.message, told.level ?? "info", told.href ?? null],
      });
      const [row] = await query<NoticeRow & { announce: boolean }>({
        name: "find-notice",
        text: `SELECT ${noticeColumns}, ${wantsToBeTold} AS announce
          FROM notices n LEFT JOIN notification_preferences f ON f.user_id = n.user_id
          WHERE n.user_id = $1 AND n.cursor = $2`,
        values: [userId, cursor],
      });
      const { announce, ...line } = row!;
      return { notice: { cursor, duplicate, notification: notificationOf(line) }, roster, announce };
    });
  return againAfterRace(tell);
}
