import * as z from "zod/mini";

/** Ids of people are the host's own: 1-128 of these characters. */
export const userIdPattern = /^[A-Za-z0-9._:@-]{1,128}$/;
export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Chosen by the sender, unique per (conversation, sender). Clients use a UUID. */
export const clientMessageIdPattern = /^[A-Za-z0-9._:@-]{1,128}$/;

export const userId = z.string().check(z.regex(userIdPattern));
export const uuid = z.string().check(z.regex(uuidPattern));
export const clientMessageId = z.string().check(z.regex(clientMessageIdPattern));
/** The same for private notes: unique per (conversation, author). */
export const clientNoteId = clientMessageId;
/** `seq` and `change` are JSON numbers; JSON itself is exact to 2^53 - 1. */
export const seq = z.int().check(z.minimum(0), z.maximum(Number.MAX_SAFE_INTEGER));

const canaryPrefix = "parloir-canary:";

/** Whom a gateway measures by (gateway/src/canary). */
export const canaryIdOf = (node: string) => `${canaryPrefix}${node}`;

/** What canaries do is measured by itself and counted nowhere else: a cluster that nobody uses shows no messages. */
export const isCanary = (userId: string) => userId.startsWith(canaryPrefix);

/**
 * Room names. Each gateway subscribes to the Redis channel of every room it has a member in. A name must not be
 * confused with a Socket.IO socket id, which the adapter recognises by nothing but its 20 characters: see
 * `channelOf` in platform/src/publisher.ts.
 */
export const rooms = {
  conversation: (id: string) => `conversation:${id}`,
  user: (id: string) => `user:${id}`,
  role: (role: string) => `role:${role}`,
  /** Sockets whose person is an agent or admin by the database's word: see gateway/src/team.ts. */
  agents: "agents",
  /** Of those, who has this support conversation open. */
  team: (conversationId: string) => `team:${conversationId}`,
  /** Those who have subscribed to a channel. */
  channel: (name: string) => `channel:${name}`,
  /** The two pages that are in a call, or one while it rings. */
  call: (callId: string) => `call:${callId}`,
  /** Those who watch a person's presence. */
  presence: (userId: string) => `presence:${userId}`,
} as const;

/** Rooms that only agents may be in. */
export function isTeamRoom(room: string): boolean {
  return room === rooms.agents || room.startsWith(rooms.team(""));
}

const conversationPrefix = "conversation:";

/** The conversation id of a `conversation:` room name, else undefined. */
export function conversationOfRoom(room: string): string | undefined {
  return room.startsWith(conversationPrefix) ? room.slice(conversationPrefix.length) : undefined;
}

const channelPrefix = "channel:";

/** The name of a `channel:` room's channel, else undefined. */
export function channelOfRoom(room: string): string | undefined {
  return room.startsWith(channelPrefix) ? room.slice(channelPrefix.length) : undefined;
}
