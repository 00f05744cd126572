import type { Log } from "@parloir/platform/log.ts";
import { lookingField, lookingKey, lookingTtlSeconds } from "@parloir/platform/lookers.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";

/**
 * Publishes which conversations people of this gateway have open (see platform/src/lookers.ts for who reads it).
 * A socket looks at the conversation that it joined last, until it leaves it or disconnects.
 */
export interface Looking {
  look: (socketId: string, userId: string, conversationId: string) => void;
  /** Without a conversation: whatever the socket looks at. */
  lookAway: (socketId: string, conversationId?: string) => void;
  /** With every beat of the node. */
  renew: () => Promise<void>;
  stop: () => Promise<void>;
}

export function createLooking(options: { redis: RedisClient; incarnation: string; log: Log }): Looking {
  const { redis, incarnation } = options;
  const key = lookingKey(incarnation);
  const fieldOfSocket = new Map<string, string>();
  /** Several sockets of one person may look at the same conversation. */
  const socketsOfField = new Map<string, number>();
  /** Whose last write failed. One that stayed would silence its person's notifications until this gateway ends. */
  const unwritten = new Set<string>();

  function attempt(work: Promise<unknown>): Promise<unknown> {
    return work.catch((error: unknown) => options.log.debug({ err: error }, "looking could not be written"));
  }

  async function write(fields: string[]): Promise<void> {
    const present = fields.filter((field) => socketsOfField.has(field));
    const gone = fields.filter((field) => !socketsOfField.has(field));
    for (const field of fields) unwritten.delete(field);
    try {
      if (present.length > 0) await redis.hset(key, Object.fromEntries(present.map((field) => [field, "1"])));
      if (gone.length > 0) await redis.hdel(key, ...gone);
    } catch (error) {
      for (const field of fields) unwritten.add(field);
      throw error;
    }
  }

  /** Without a hash (Redis came back empty) all of it is written again, else what was lost. */
  async function renew(): Promise<void> {
    const renewed = await redis.expire(key, lookingTtlSeconds);
    const lost = renewed === 0 ? [...socketsOfField.keys(), ...unwritten] : [...unwritten];
    if (lost.length === 0) return;
    await write([...new Set(lost)]);
    await redis.expire(key, lookingTtlSeconds);
  }

  function lookAway(socketId: string, conversationId?: string): void {
    const field = fieldOfSocket.get(socketId);
    if (field === undefined || (conversationId !== undefined && !field.startsWith(`${conversationId} `)))
      return;
    fieldOfSocket.delete(socketId);
    const left = (socketsOfField.get(field) ?? 1) - 1;
    if (left > 0) {
      socketsOfField.set(field, left);
      return;
    }
    socketsOfField.delete(field);
    void attempt(write([field]));
  }

  return {
    look(socketId, userId, conversationId) {
      const field = lookingField(conversationId, userId);
      if (fieldOfSocket.get(socketId) === field) return;
      lookAway(socketId);
      fieldOfSocket.set(socketId, field);
      const count = socketsOfField.get(field) ?? 0;
      socketsOfField.set(field, count + 1);
      if (count === 0) {
        void attempt(write([field]));
        void attempt(redis.expire(key, lookingTtlSeconds));
      }
    },
    lookAway,
    renew: async () => void (await attempt(renew())),
    async stop() {
      await attempt(redis.del(key));
    },
  };
}
