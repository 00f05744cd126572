import type { RedisClient } from "./redis.ts";

/** Presence in Redis: see gateway/src/presence.ts. Braces: both keys of a person live in one slot of a Redis Cluster. */
export const nodesOfPerson = (userId: string) => `parloir:presence:{${userId}}`;
export const seenOfPerson = (userId: string) => `parloir:seen:{${userId}}`;

export async function forgetSeen(redis: RedisClient, userId: string): Promise<void> {
  await redis.del(nodesOfPerson(userId), seenOfPerson(userId));
}
