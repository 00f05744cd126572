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

/**
 * When each of them was last there: now, for who has a socket; null for who was not there in a long time.
 * Milliseconds since 1970. @throws what Redis says
 */
export async function lastThere(
  redis: RedisClient,
  userIds: readonly string[],
): Promise<Map<string, number | null>> {
  const answers = await Promise.all(
    userIds.map((userId) =>
      Promise.all([redis.hlen(nodesOfPerson(userId)), redis.get(seenOfPerson(userId))]),
    ),
  );
  const now = Date.now();
  return new Map(
    userIds.map((userId, index) => {
      const [sockets, seen] = answers[index]!;
      return [userId, sockets > 0 ? now : seen === null ? null : Number(seen)];
    }),
  );
}
