import {
  type ClusterPoint,
  type ClusterView,
  type Harm,
  harms,
  historyKeptSeconds,
  historyStepSeconds,
  type NodeSnapshot,
  snapshotKeptMs,
} from "@parloir/contracts/cluster.ts";
import type { RedisClient } from "../redis.ts";

/**
 * Where snapshots lie: the Redis for rooms. Nothing here is worth keeping: a Redis that comes back empty is full
 * again after two seconds, but for the history.
 */
const boardKey = "parloir:cluster";
const historyKey = "parloir:cluster-history";
const drainsKey = "parloir:drains";
const historyLength = historyKeptSeconds / historyStepSeconds;

export async function postSnapshot(redis: RedisClient, snapshot: NodeSnapshot): Promise<void> {
  await redis.hset(boardKey, snapshot.name, JSON.stringify(snapshot));
}

/** A process that ends in order takes its snapshot with it; one that dies is shown as gone. */
export async function removeSnapshot(redis: RedisClient, name: string): Promise<void> {
  await redis.hdel(boardKey, name);
}

/** Every process that was heard of in the last ten minutes, by role and name. */
export async function readBoard(redis: RedisClient): Promise<ClusterView> {
  const now = Date.now();
  const all = Object.values(await redis.hgetall(boardKey)).map((text) => JSON.parse(text) as NodeSnapshot);
  const known = all.filter(({ at }) => now - Date.parse(at) < snapshotKeptMs);
  const forgotten = all.filter((each) => !known.includes(each)).map(({ name }) => name);
  if (forgotten.length > 0) await redis.hdel(boardKey, ...forgotten);
  const order = (each: NodeSnapshot) => `${each.role} ${each.name}`;
  known.sort((a, b) => order(a).localeCompare(order(b), "en", { numeric: true }));
  return { at: new Date(now).toISOString(), nodes: known };
}

/** Newest last. */
export async function readHistory(redis: RedisClient, seconds: number): Promise<ClusterPoint[]> {
  const count = Math.ceil(seconds / historyStepSeconds);
  const points = await redis.lrange(historyKey, -count, -1);
  const oldest = Date.now() - seconds * 1_000;
  return points.map((text) => JSON.parse(text) as ClusterPoint).filter(({ at }) => Date.parse(at) >= oldest);
}

/** Once per step, whoever of several comes first. Answers whether this one was it. */
export async function claimStep(redis: RedisClient, step: number): Promise<boolean> {
  const key = `${historyKey}:step`;
  return (await redis.set(`${key}:${step}`, "1", "EX", 2 * historyStepSeconds, "NX")) === "OK";
}

export async function appendPoint(redis: RedisClient, point: ClusterPoint): Promise<void> {
  await redis.rpush(historyKey, JSON.stringify(point));
  await redis.ltrim(historyKey, -historyLength, -1);
}

/** An admin wants this process to drain. It is asked once: the process that takes the wish removes it. */
export async function wishDrain(redis: RedisClient, name: string): Promise<void> {
  await redis.hset(drainsKey, name, String(Date.now()));
}

const harmsKey = "parloir:harms";

export async function wishHarm(redis: RedisClient, name: string, harm: Harm): Promise<void> {
  await redis.hset(harmsKey, name, `${Date.now()} ${harm}`);
}

/** As for a wish to drain: removed before it is done, so that a successor under the same name is spared. */
export async function takeHarm(redis: RedisClient, name: string): Promise<Harm | null> {
  const wished = await redis.hget(harmsKey, name);
  if (wished === null) return null;
  await redis.hdel(harmsKey, name);
  const [at, harm] = wished.split(" ");
  return Date.now() - Number(at) < wishMs ? (harms.find((each) => each === harm) ?? null) : null;
}

const wishMs = 30_000;

/** A wish that nobody took for half a minute was for a process that is gone: its successor is spared. */
export async function takeDrainWish(redis: RedisClient, name: string): Promise<boolean> {
  const wished = await redis.hget(drainsKey, name);
  if (wished === null) return false;
  await redis.hdel(drainsKey, name);
  return Date.now() - Number(wished) < wishMs;
}
