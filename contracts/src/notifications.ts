import * as z from "zod/mini";
import { channelPayload, eventId, line } from "./channels.ts";
import { pageCursor, pageLimit, storable } from "./http.ts";
import { uuid } from "./ids.ts";
import { type Notification, toastLevels } from "./shapes.ts";
import { timeOfDay, zone } from "./time.ts";

/** The bell, and what somebody wants to be told. */

export const listNotificationsQuery = z.strictObject({
  unread: z.optional(z.enum(["true", "false"])),
  cursor: pageCursor,
  limit: pageLimit,
});

export interface NotificationList {
  items: Notification[];
  nextCursor: string | null;
  /** Of all lines, not only of this page: the badge. */
  unread: number;
}

/** Without `ids` all of one's lines. */
export const readNotificationsBody = z.strictObject({
  ids: z.optional(z.array(uuid).check(z.minLength(1), z.maxLength(200))),
});

export interface ReadNotifications {
  /** Those that were unread until now. */
  ids: string[];
  unread: number;
}

/** Another scheme would run what it says, or lead nowhere. */
function isWebAddress(href: string): boolean {
  const base = "https://host.invalid";
  return URL.canParse(href, base) && /^https?:$/.test(new URL(href, base).protocol);
}

/** What a host's back end tells one person: a line of their bell, and `user-notification` in their channel. */
export const hostNoticeBody = z.strictObject({
  title: line(200),
  message: line(4_000),
  level: z.optional(z.enum(toastLevels)),
  href: z.optional(
    z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(2_000),
        storable,
        z.refine(isWebAddress, "must be a web address, or a path of the host's"),
      ),
  ),
  details: z.optional(channelPayload),
  eventId,
});

export interface HostNotice {
  /** Of the event in the person's channel. */
  cursor: number;
  /** This eventId was told before. */
  duplicate: boolean;
  notification: Notification;
}

/** `from` after `to` is over midnight. */
const quietHours = z
  .strictObject({ zone, from: timeOfDay, to: timeOfDay })
  .check(z.refine(({ from, to }) => from !== to, "from and to are the same"));

const channels = z.strictObject({
  /** `notification` on the person's open pages. The bell has every line in any case. */
  socket: z.boolean(),
  /** By the host's back end, in its own ways. */
  webhook: z.boolean(),
  push: z.boolean(),
  email: z.boolean(),
});

export const notificationPreferences = z.strictObject({
  channels,
  quietHours: z.nullable(quietHours),
});
export type NotificationPreferences = z.infer<typeof notificationPreferences>;

/** Channels that are not given stay as they are. */
export const putPreferencesBody = z.strictObject({
  channels: z.partial(channels),
  quietHours: z.nullable(quietHours),
});
export type PutPreferencesBody = z.infer<typeof putPreferencesBody>;
