import type { RedisClient } from "./redis.ts";

/** Presence in Redis: see gateway/src/presence.ts. Braces: both keys of a person live in one slot of a Redis Cluster. */
export const nodesOfPerson = (userId: string) => `parloir:presence:{${userId}}`;
export const seenOfPerson = (userId: string) => `parloir:seen:{${userId}}`;

export async function forgetSeen(redis: RedisClient, userId: string): Promise<void> {
  await redis.del(nodesOfPerson(userId), seenOfPerson(userId));
}

/** Those of them who are there and did something in the last minutes. @throws what Redis says */
export async function onlineOf(redis: RedisClient, userIds: readonly string[]): Promise<string[]> {
  const states = await Promise.all(userIds.map((userId) => redis.hvals(nodesOfPerson(userId))));
  return userIds.filter((_, index) => states[index]!.includes("online"));
}
