import { CodedError } from "@parloir/contracts/errors.ts";
import { type HostEventName, hostChannels } from "@parloir/contracts/host-events.ts";
import { defaultPageSize, userParams } from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import {
  hostNoticeBody,
  listNotificationsQuery,
  type NotificationList,
  putPreferencesBody,
  readNotificationsBody,
} from "@parloir/contracts/notifications.ts";
import { hostNotice, notificationList, preferences, readNotices } from "@parloir/contracts/shape-schemas.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";
import {
  countUnreadNotifications,
  findPreferences,
  listNotifications,
  putPreferences,
  readNotifications,
} from "@parloir/store/bell.ts";
import type { Database } from "@parloir/store/database.ts";
import { notifyPerson } from "@parloir/store/notices.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";
import { refuseTooLarge } from "./channels.ts";

const noticeEvent: HostEventName = "user-notification";

/** One's own bell. Its lines come from the worker, and from the host's back end. */
export function notificationRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  cursors: Cursors;
  /** Per channel. */
  publishLimit: TokenBuckets;
}): Route[] {
  const { database, publisher, cursors } = options;
  return [
    route({
      method: "post",
      path: "/api/users/:id/notifications",
      about: "Tells a person something: a line of their bell, and an event of their channel.",
      answer: hostNotice,
      example: {
        title: "Ticket resolved",
        message: "Ticket 7 is done.",
        level: "success",
        href: "/tickets/7",
        eventId: "job-813",
      },
      who: "key",
      scope: "channels:publish",
      params: userParams,
      body: hostNoticeBody,
      async handle({ params: { id }, body: { eventId = null, ...told } }) {
        const channel = hostChannels.user(id);
        const payload = JSON.stringify(told);
        refuseTooLarge(payload);
        const retryAfterMs = options.publishLimit.take(channel);
        if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too many events", { retryAfterMs });
        const event = { channel, event: noticeEvent, payload, eventId };
        const { notice, roster, announce } = await notifyPerson(database, id, event, told);
        const { cursor, duplicate, notification } = notice;
        if (!duplicate) {
          const push = { channel, event: noticeEvent, payload: told, cursor, roster };
          publisher.emit(rooms.channel(channel), "channel_event", push);
          if (announce) publisher.emit(rooms.user(id), "notification", notification);
        }
        return { status: duplicate ? 200 : 201, data: notice };
      },
    }),
    route({
      method: "get",
      path: "/api/notifications",
      about: "One's bell, newest first.",
      answer: notificationList,
      who: "person",
      query: listNotificationsQuery,
      async handle({ query: { cursor, limit = defaultPageSize, ...query }, person }) {
        const unread = query.unread === "true";
        const scope = `notifications ${person.id} ${unread}`;
        const [createdAt, id] = cursor === undefined ? [] : cursors.open(scope, cursor);
        const before = createdAt && id ? { createdAt, id } : null;
        const [found, count] = await Promise.all([
          listNotifications(database, { userId: person.id, unread, before, limit: limit + 1 }),
          countUnreadNotifications(database, person.id),
        ]);
        const items = found.slice(0, limit);
        const last = items.at(-1);
        const nextCursor =
          found.length > limit && last ? cursors.seal(scope, [last.createdAt, last.id]) : null;
        return { data: { items, nextCursor, unread: count } satisfies NotificationList };
      },
    }),
    route({
      method: "post",
      path: "/api/notifications/read",
      about: "Marks lines of the bell as read, or all of them.",
      answer: readNotices,
      who: "person",
      body: readNotificationsBody,
      bodyIsOptional: true,
      async handle({ body, person }) {
        const read = await readNotifications(database, person.id, body.ids ?? null);
        // The person's other pages show the same bell.
        if (read.ids.length > 0) publisher.emit(rooms.user(person.id), "notifications_read", read);
        return { data: read };
      },
    }),
    route({
      method: "get",
      path: "/api/notifications/preferences",
      about: "By which ways one wants to be notified, and when not.",
      answer: preferences,
      who: "person",
      handle: async ({ person }) => ({ data: await findPreferences(database, person.id) }),
    }),
    route({
      method: "put",
      path: "/api/notifications/preferences",
      about: "Sets by which ways one wants to be notified, and when not.",
      answer: preferences,
      who: "person",
      body: putPreferencesBody,
      async handle({ body, person }) {
        await putPreferences(database, person.id, body);
        return { data: await findPreferences(database, person.id) };
      },
    }),
  ];
}
