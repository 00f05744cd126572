import type { RedisClient } from "./redis.ts";

/**
 * The gateways' marks in Redis. Nodes beat, users do not: each gateway renews its own entry in `nodesKey` every
 * `beatMs`, and whoever has not for `nodeDeadMs` is dead.
 *
 * Who has which conversation open, cluster-wide, in Redis. Each gateway keeps one hash of its own and renews its
 * time to live with every beat, so what a dead gateway wrote is gone after `lookingTtlSeconds` without a reaper.
 * A hint that only decides whether a notification is worth sending: without Redis nobody counts as looking.
 */
export const nodesKey = "parloir:nodes";
export const beatMs = 5_000;
export const nodeDeadMs = 15_000;
export const lookingTtlSeconds = nodeDeadMs / 1_000;
export const lookingKey = (node: string) => `parloir:looking:${node}`;
export const lookingField = (conversationId: string, userId: string) => `${conversationId} ${userId}`;

export interface Pair {
  conversationId: string;
  userId: string;
}

/** The pairs in which the person has the conversation open on some gateway. */
export async function findLookers(redis: RedisClient, pairs: Pair[]): Promise<Set<string>> {
  const looking = new Set<string>();
  const fields = pairs.map((pair) => lookingField(pair.conversationId, pair.userId));
  const nodes = await redis.zrangebyscore(nodesKey, Date.now() - nodeDeadMs, "+inf");
  const answers = await Promise.all(nodes.map((node) => redis.hmget(lookingKey(node), ...fields)));
  for (const answer of answers) {
    for (const [index, value] of answer.entries()) if (value !== null) looking.add(fields[index]!);
  }
  return looking;
}
