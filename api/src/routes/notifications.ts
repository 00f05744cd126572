import { defaultPageSize } from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import {
  listNotificationsQuery,
  type NotificationList,
  putPreferencesBody,
  readNotificationsBody,
} from "@parloir/contracts/notifications.ts";
import { notificationList, preferences, readNotices } from "@parloir/contracts/shape-schemas.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import {
  countUnreadNotifications,
  findPreferences,
  listNotifications,
  putPreferences,
  readNotifications,
} from "@parloir/store/bell.ts";
import type { Database } from "@parloir/store/database.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";

/** One's own bell. Its lines come from the worker. */
export function notificationRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  cursors: Cursors;
}): Route[] {
  const { database, publisher, cursors } = options;
  return [
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
