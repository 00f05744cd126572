import type { RedisClient } from "./redis.ts";

/**
 * The gateways' marks in Redis. Nodes beat, users do not: each gateway renews its own entry in `nodesKey` every
 * `beatMs`, and whoever has not for `nodeDeadMs` is dead. The clock is Redis's own: with each machine's, one that runs
 * fast would declare all others dead.
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

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** KEYS nodes; ARGV milliseconds without a beat that make a node dead. */
const livingScript = `${now}
return redis.call('ZRANGEBYSCORE', KEYS[1], now - ARGV[1], '+inf')`;

/** KEYS nodes; ARGV the same, node. */
const beatScript = `${now}
redis.call('ZADD', KEYS[1], now, ARGV[2])
local function between(from, to) return redis.call('ZRANGEBYSCORE', KEYS[1], from, to) end
return {between('(' .. string.format('%.0f', now - ARGV[1]), '+inf'), between('-inf', now - ARGV[1])}`;

/** Says that this node lives; answers those that do, this one among them, and those that have died. */
export async function beat(redis: RedisClient, node: string): Promise<{ living: string[]; dead: string[] }> {
  const answer = await redis.eval(beatScript, 1, nodesKey, nodeDeadMs, node);
  const [living, dead] = answer as [string[], string[]];
  return { living, dead };
}

export interface Pair {
  conversationId: string;
  userId: string;
}

/** The pairs in which the person has the conversation open on some gateway. */
export async function findLookers(redis: RedisClient, pairs: Pair[]): Promise<Set<string>> {
  const looking = new Set<string>();
  const fields = pairs.map((pair) => lookingField(pair.conversationId, pair.userId));
  const nodes = (await redis.eval(livingScript, 1, nodesKey, nodeDeadMs)) as string[];
  const answers = await Promise.all(nodes.map((node) => redis.hmget(lookingKey(node), ...fields)));
  for (const answer of answers) {
    for (const [index, value] of answer.entries()) if (value !== null) looking.add(fields[index]!);
  }
  return looking;
}
