import type { Announcement, PublishBody, PublishReceipt } from "@parloir/contracts/channels.ts";
import { type HostEventName, type HostEvents, hostChannels } from "@parloir/contracts/host-events.ts";
import type { CreateConversationBody, PutUserBody } from "@parloir/contracts/http.ts";
import type { HostNotice } from "@parloir/contracts/notifications.ts";
import type { Conversation, Person, Role } from "@parloir/contracts/shapes.ts";
import { createId } from "../core/ids.ts";
import { createCaller } from "./caller.ts";

/**
 * The cluster as a host's back end sees it, with its server key: never load this in a browser. What may be
 * repeated without harm is, when the cluster does not answer; what is thrown is a `CodedError` with the code.
 */
export interface ServerOptions {
  /** Where the cluster is, without a path: `https://chat.example.org`. */
  url: string;
  serverKey: string;
  fetch?: typeof globalThis.fetch;
  /** In all, for one call with its retries. Milliseconds. */
  deadlineMs?: number;
}

export interface IssuedToken {
  token: string;
  expiresAt: string;
}

export { CodedError, type ErrorCode } from "@parloir/contracts/errors.ts";
export type { Conversation, Person } from "@parloir/contracts/shapes.ts";
export type Server = ReturnType<typeof createServer>;

export function createServer(options: ServerOptions) {
  const call = createCaller(options);
  const users = {
    /** Creates the person, or replaces what is known of them. */
    put: (id: string, person: PutUserBody) =>
      call<Person>("PUT", `/api/users/${encodeURIComponent(id)}`, person),
    get: (id: string) => call<Person>("GET", `/api/users/${encodeURIComponent(id)}`),
  };
  const tokens = {
    /** For the person's browser. `channels`: what they may subscribe to by this token alone. */
    create: (userId: string, more: { ttlSeconds?: number; channels?: string[] } = {}) =>
      call<IssuedToken>("POST", "/api/tokens", { userId, ...more }),
  };
  const conversations = {
    /**
     * Creates the conversation, or finds the one of these people about this subject. Groups are never the same twice:
     * a group is asked for once, and a caller who gets UNAVAILABLE does not know whether there is one now.
     */
    create: (body: CreateConversationBody) =>
      call<Conversation>("POST", "/api/messages/conversations", body, { once: isGroup(body) }),
  };
  return { users, tokens, conversations, ...publishing(call) };
}

/** As the cluster decides where no kind is given. */
function isGroup({ kind, memberIds = [] }: CreateConversationBody): boolean {
  return kind === "group" || (kind === undefined && memberIds.length !== 2);
}

function publishing(call: ReturnType<typeof createCaller>) {
  const path = (channel: string, rest: string) => `/api/channels/${encodeURIComponent(channel)}/${rest}`;
  const member = (channel: string, userId: string) => path(channel, `members/${encodeURIComponent(userId)}`);

  /** A retry is one event: without an `eventId` of the host's own it gets one here. */
  const publish = (channel: string, { eventId = createId(), ...event }: PublishBody) =>
    call<PublishReceipt>("POST", path(channel, "events"), { ...event, eventId });

  const told =
    <E extends HostEventName>(event: E, channelOf: (payload: HostEvents[E]) => string) =>
    (payload: HostEvents[E], more: { eventId?: string } = {}) =>
      publish(channelOf(payload), { event, payload: { ...payload }, ...more });

  return {
    channels: {
      publish,
      addMember: (channel: string, userId: string) =>
        call<{ channel: string; userId: string }>("PUT", member(channel, userId)),
      /** Nothing that is published from now on reaches them. */
      removeMember: (channel: string, userId: string) =>
        call<Record<string, never>>("DELETE", member(channel, userId)),
    },
    projectUpdated: told("project-updated", ({ projectId }) => hostChannels.project(projectId)),
    ticketUpdated: told("ticket-updated", ({ ticketId }) => hostChannels.ticket(ticketId)),
    documentAdded: told("document-added", ({ projectId }) => hostChannels.project(projectId)),
    interventionUpdated: told("intervention-updated", ({ interventionId }) =>
      hostChannels.intervention(interventionId),
    ),
    quoteUpdated: told("quote-updated", ({ quoteId }) => hostChannels.quote(quoteId)),
    /**
     * To one person: a line of their bell, and the event `user-notification` of their channel for whatever page they
     * have open, kept like any event of a channel. @throws CodedError NOT_FOUND when there is no such person
     */
    notifyUser: (
      userId: string,
      notification: HostEvents["user-notification"],
      { eventId = createId() }: { eventId?: string } = {},
    ) =>
      call<HostNotice>("POST", `/api/users/${encodeURIComponent(userId)}/notifications`, {
        ...notification,
        eventId,
      }),
    /** To everyone who is connected, or everyone of a role. A retry may be seen twice. */
    announce: (announcement: Announcement & { role?: Role }) =>
      call<Record<string, never>>("POST", "/api/announcements", announcement),
  };
}
