import { rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Log } from "@parloir/platform/log.ts";
import { beatMs } from "@parloir/platform/lookers.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { GatewayServer, GatewaySocket } from "./context.ts";

/**
 * Which agents have a support conversation open, for the other agents who do. Per conversation a sorted set of
 * «person node», scored by Redis' own clock when the node last said so. Every change is told whole, so a lost event
 * is mended by the next; what a crashed gateway left is purged by the others' beats: 10 s old, seen within 5 s.
 *
 * Without Redis nothing is told and nothing fails.
 */
export interface Viewing {
  /** The socket looks at this one now, and at none before it. Whether it may, the caller has asked. */
  view: (socket: GatewaySocket, conversationId: string) => Promise<void>;
  /** Without a conversation: whatever the socket looks at. */
  lookAway: (socket: GatewaySocket, conversationId?: string) => Promise<void>;
  /** With every beat of the node. */
  renew: () => Promise<void>;
  stop: () => Promise<void>;
}

const deadMs = 2 * beatMs;
const keyOf = (conversationId: string) => `parloir:viewing:${conversationId}`;

/** KEYS set; ARGV milliseconds until dead, 'add', 'remove' or 'keep', members. Answers who is left. */
const update = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
for i = 3, #ARGV do
  if ARGV[2] == 'add' then redis.call('ZADD', KEYS[1], now, ARGV[i]) else redis.call('ZREM', KEYS[1], ARGV[i]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('ZRANGE', KEYS[1], 0, -1)`;

export function createViewing(options: {
  io: GatewayServer;
  redis: RedisClient;
  node: string;
  log: Log;
}): Viewing {
  const { io, redis, node, log } = options;
  const viewed = new Map<string, string>();
  /** Sockets by person, of the conversations that somebody here looks at. */
  const local = new Map<string, Map<string, Set<string>>>();
  const told = new Map<string, string>();

  async function write(conversationId: string, how: "add" | "remove", userIds: string[]): Promise<string[]> {
    const members = userIds.map((userId) => `${userId} ${node}`);
    const left = await redis.eval(update, 1, keyOf(conversationId), deadMs, how, ...members);
    return [...new Set((left as string[]).map((member) => member.slice(0, member.indexOf(" "))))].sort();
  }

  async function change(conversationId: string, how: "add" | "remove", userId: string): Promise<void> {
    try {
      const userIds = await write(conversationId, how, [userId]);
      if (local.has(conversationId)) told.set(conversationId, userIds.join(" "));
      io.to(roomNames.team(conversationId)).emit("conversation_viewers", { conversationId, userIds });
    } catch (error) {
      log.debug({ err: error }, "who looks could not be written");
    }
  }

  /** Forgotten at once; told afterwards. */
  async function leave(socket: GatewaySocket, conversationId: string): Promise<void> {
    const { userId } = socket.data.user;
    const people = local.get(conversationId);
    const sockets = people?.get(userId);
    sockets?.delete(socket.id);
    const isLast = sockets?.size === 0;
    if (isLast) people?.delete(userId);
    if (people?.size === 0) {
      local.delete(conversationId);
      told.delete(conversationId);
    }
    await socket.leave(roomNames.team(conversationId));
    if (isLast) await change(conversationId, "remove", userId);
  }

  async function renewOne(conversationId: string, people: Map<string, Set<string>>): Promise<void> {
    const userIds = await write(conversationId, "add", [...people.keys()]);
    const now = userIds.join(" ");
    if (!local.has(conversationId) || told.get(conversationId) === now) return;
    told.set(conversationId, now);
    // Each gateway finds out for itself.
    io.local.to(roomNames.team(conversationId)).emit("conversation_viewers", { conversationId, userIds });
  }

  return {
    async view(socket, conversationId) {
      const before = viewed.get(socket.id);
      viewed.set(socket.id, conversationId);
      const { userId } = socket.data.user;
      const people = local.get(conversationId) ?? new Map<string, Set<string>>();
      local.set(conversationId, people);
      people.set(userId, (people.get(userId) ?? new Set()).add(socket.id));
      const joined = socket.join(roomNames.team(conversationId));
      if (before !== undefined && before !== conversationId) await leave(socket, before);
      await joined;
      // Also when the person looks already: the socket that opens it must hear who else does.
      await change(conversationId, "add", userId);
    },
    async lookAway(socket, conversationId) {
      const looksAt = viewed.get(socket.id);
      if (looksAt === undefined || (conversationId !== undefined && looksAt !== conversationId)) return;
      viewed.delete(socket.id);
      await leave(socket, looksAt);
    },
    async renew() {
      await Promise.all([...local].map(([conversationId, people]) => renewOne(conversationId, people)));
    },
    async stop() {
      const all = [...local].flatMap(([id, people]) =>
        [...people.keys()].map((userId) => [id, userId] as const),
      );
      local.clear();
      await Promise.all(all.map(([id, userId]) => change(id, "remove", userId)));
    },
  };
}
