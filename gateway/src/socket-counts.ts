import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { GatewayServer } from "./context.ts";

/**
 * How many sockets a person has on all gateways. Per person a hash {node → sockets}; a node only ever writes how many
 * it holds itself, so that a lost write is mended by the next. What a dead node left is not counted, nor is a node that
 * began within the last beat, and swept when there is much of it. Without Redis every gateway counts alone.
 */
export interface SocketCounts {
  /** Counts from here on, until the socket has left its person's room. @throws CodedError RATE_LIMITED */
  admit: (userId: string, socketId: string) => Promise<void>;
}

const ttlSeconds = 7 * 86_400;
const keyOf = (userId: string) => `parloir:sockets:{${userId}}`;

/** KEYS counts; ARGV node, its sockets with this one, limit, ttl, living nodes. Answers 1 when there is room. */
const admitOne = `
local living = { [ARGV[1]] = true }
for i = 5, #ARGV do living[ARGV[i]] = true end
local others = 0
local counts = redis.call('HGETALL', KEYS[1])
for i = 1, #counts, 2 do
  if not living[counts[i]] then if #counts > 32 then redis.call('HDEL', KEYS[1], counts[i]) end
  elseif counts[i] ~= ARGV[1] then others = others + counts[i + 1] end
end
if others + ARGV[2] > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1`;

export function createSocketCounts(options: {
  io: GatewayServer;
  redis: RedisClient;
  node: string;
  livingNodes: () => string[];
  limit: number;
  log: Log;
  metrics: Metrics;
}): SocketCounts {
  const { redis, node, limit, log } = options;
  if (limit === 0) return { admit: async () => undefined };
  const held = new Map<string, Set<string>>();
  const refusals = options.metrics.get("parloir_limit_refusals_total");
  const prefix = rooms.user("");

  // Also of sockets that went away in the middle of their handshake, whose `disconnect` never comes.
  options.io.of("/").adapter.on("leave-room", (room: string, socketId: string) => {
    if (room.startsWith(prefix)) release(room.slice(prefix.length), socketId);
  });

  function release(userId: string, socketId: string): void {
    const sockets = held.get(userId);
    if (!sockets?.delete(socketId)) return;
    if (sockets.size === 0) held.delete(userId);
    const written =
      sockets.size === 0 ? redis.hdel(keyOf(userId), node) : redis.hset(keyOf(userId), node, sockets.size);
    written.catch(later);
  }

  function later(error: unknown): void {
    log.debug({ err: error }, "sockets of a person could not be counted across gateways");
  }

  /** True also when Redis does not answer. */
  async function isRoomElsewhere(userId: string, mine: number): Promise<boolean> {
    try {
      const args = [node, mine, limit, ttlSeconds, ...options.livingNodes()];
      return (await redis.eval(admitOne, 1, keyOf(userId), ...args)) === 1;
    } catch (error) {
      later(error);
      return true;
    }
  }

  function refuse(): CodedError {
    refusals.inc({ limit: "sockets_per_user" });
    return new CodedError("RATE_LIMITED", "too many connections of one person");
  }

  return {
    async admit(userId, socketId) {
      const sockets = held.get(userId) ?? new Set();
      if (sockets.size >= limit) throw refuse();
      held.set(userId, sockets.add(socketId));
      if (await isRoomElsewhere(userId, sockets.size)) return;
      sockets.delete(socketId);
      if (sockets.size === 0) held.delete(userId);
      throw refuse();
    },
  };
}
