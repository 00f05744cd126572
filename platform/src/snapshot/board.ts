import {
  type ClusterView,
  type Harm,
  harms,
  type NodeSnapshot,
  snapshotKeptMs,
} from "@parloir/contracts/cluster.ts";
import {
  type ClusterHistory,
  type ClusterPoint,
  type CountedNodes,
  historyKeptSeconds,
  historyStepSeconds,
} from "@parloir/contracts/cluster-history.ts";
import type { NodesPoint } from "@parloir/contracts/node-history.ts";
import type { ChainableCommander } from "ioredis";
import type { RedisClient } from "../redis.ts";
import { addNodesPoint, historyKey, readNodesPoints } from "./node-history.ts";

/**
 * Where snapshots lie: the Redis for rooms. Nothing here is worth keeping: a Redis that comes back empty is full
 * again after two seconds, but for the history.
 */
const boardKey = "parloir:cluster";
/** In the history's slot of a Redis Cluster: both are read and written in one step. */
const countedKey = `{${historyKey}}:counted`;
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

export async function readHistory(
  redis: RedisClient,
  seconds: number,
  { ofNodes }: { ofNodes: boolean },
): Promise<ClusterHistory> {
  const count = Math.ceil(seconds / historyStepSeconds);
  // Together: a point that came in between would be counted twice.
  const [texts, counted] = await inOneStep<[string[], string | null]>(
    redis.multi().lrange(historyKey, -count, -1).get(countedKey),
  );
  const oldest = Date.now() - seconds * 1_000;
  const points = texts.map((text) => JSON.parse(text) as ClusterPoint);
  return {
    points: points.filter(({ at }) => Date.parse(at) >= oldest),
    counted: counted === null ? null : JSON.parse(counted),
    ...(ofNodes ? { nodes: await readNodesPoints(redis, seconds) } : {}),
  };
}

/** How far each process had counted at the newest point; null when there is none. */
export async function readCounted(redis: RedisClient): Promise<CountedNodes | null> {
  const text = await redis.get(countedKey);
  return text === null ? null : JSON.parse(text);
}

/** Once per step, whoever of several comes first. Answers whether this one was it. */
export async function claimStep(redis: RedisClient, step: number): Promise<boolean> {
  const key = `${historyKey}:step`;
  return (await redis.set(`${key}:${step}`, "1", "EX", 2 * historyStepSeconds, "NX")) === "OK";
}

/** What a step adds, of the whole and of each process. */
export interface HistoryStep {
  whole: ClusterPoint;
  nodes: NodesPoint;
  /** Of the point before. */
  since: string;
}

/** @param added null for the first: there is nothing to compare with */
export async function appendPoint(
  redis: RedisClient,
  added: HistoryStep | null,
  counted: CountedNodes,
): Promise<void> {
  const step = redis.multi().set(countedKey, JSON.stringify(counted));
  if (added) {
    step.rpush(historyKey, JSON.stringify(added.whole)).ltrim(historyKey, -historyLength, -1);
    await addNodesPoint(redis, step, added.nodes, added.since);
  }
  await inOneStep(step);
}

async function inOneStep<Answers>(step: ChainableCommander): Promise<Answers> {
  const answers = (await step.exec()) ?? [];
  const failed = answers.find(([error]) => error);
  if (failed?.[0]) throw failed[0];
  return answers.map(([, answer]) => answer) as Answers;
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
