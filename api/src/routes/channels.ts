import {
  announcementBody,
  channelMemberParams,
  channelParams,
  maxPayloadBytes,
  publishBody,
} from "@parloir/contracts/channels.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import { channelMember, nothing, publishReceipt } from "@parloir/contracts/shape-schemas.ts";
import { roles } from "@parloir/contracts/shapes.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";
import { record } from "@parloir/store/audit.ts";
import { addChannelMember, publishEvent, removeChannelMember } from "@parloir/store/channels.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Route, route } from "../route.ts";

/** What a host's back end tells its people besides chat: events of channels, and announcements. */
export function channelRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  /** Per channel: a host's loop that went wild must not fill the cluster. */
  publishLimit: TokenBuckets;
}): Route[] {
  const { database, publisher } = options;

  function spend(key: string): void {
    const retryAfterMs = options.publishLimit.take(key);
    if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too many events", { retryAfterMs });
  }

  return [
    route({
      method: "post",
      path: "/api/channels/:name/events",
      about: "Publishes an event to a channel.",
      answer: publishReceipt,
      example: {
        event: "ticket-updated",
        payload: { ticketId: "7", status: "resolved" },
        eventId: "job-812",
      },
      who: "key",
      scope: "channels:publish",
      params: channelParams,
      body: publishBody,
      async handle({ params: { name }, body: { event, payload, eventId = null } }) {
        const text = JSON.stringify(payload);
        refuseTooLarge(text);
        spend(name);
        const stored = await publishEvent(database, { channel: name, event, payload: text, eventId });
        const { cursor, roster, duplicate } = stored;
        // With the roster, so that a gateway that missed a removal asks before it delivers.
        const push = { channel: name, event, payload, cursor, roster };
        if (!duplicate) publisher.emit(rooms.channel(name), "channel_event", push);
        return { status: duplicate ? 200 : 201, data: { cursor, duplicate } };
      },
    }),
    route({
      method: "put",
      path: "/api/channels/:name/members/:userId",
      about: "Lets a person subscribe to a channel.",
      answer: channelMember,
      who: "key",
      scope: "channels:grant",
      params: channelMemberParams,
      async handle({ params: { name, userId }, origin }) {
        const added = await addChannelMember(database, name, userId, origin);
        return { status: added ? 201 : 200, data: { channel: name, userId } };
      },
    }),
    route({
      method: "delete",
      path: "/api/channels/:name/members/:userId",
      about: "Lets a person no longer subscribe; nothing published from now on reaches them.",
      answer: nothing,
      who: "key",
      scope: "channels:grant",
      params: channelMemberParams,
      async handle({ params: { name, userId }, origin }) {
        if (await removeChannelMember(database, name, userId, origin))
          publisher.emit(rooms.user(userId), "channel_removed", { channel: name });
        return { data: {} };
      },
    }),
    route({
      method: "post",
      path: "/api/announcements",
      example: { role: "client", title: "Maintenance", message: "Back at noon." },
      about: "Tells everyone who is connected, or everyone of a role.",
      answer: nothing,
      who: "admin",
      scope: "announcements:send",
      body: announcementBody,
      async handle({ body: { role, ...announcement }, origin }) {
        spend("announcements");
        const note = {
          action: "announcement.sent",
          target: role ?? null,
          details: { ...announcement },
        } as const;
        await record(database.query, origin, note);
        // Every socket is in the room of its role.
        for (const each of role === undefined ? roles : [role])
          publisher.emit(rooms.role(each), "announcement", announcement);
        return { data: {} };
      },
    }),
  ];
}

export function refuseTooLarge(payload: string): void {
  if (Buffer.byteLength(payload) > maxPayloadBytes)
    throw new CodedError("TOO_LARGE", `payload is longer than ${maxPayloadBytes} bytes`);
}
