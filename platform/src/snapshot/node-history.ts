import type { NodeRole } from "@parloir/contracts/cluster.ts";
import { historyKeptSeconds } from "@parloir/contracts/cluster-history.ts";
import {
  figuresFor,
  joinedNodes,
  type NodeFigure,
  type NodePoint,
  type NodesPoint,
  nodeFigures,
} from "@parloir/contracts/node-history.ts";
import type { ChainableCommander } from "ioredis";
import type { RedisClient } from "../redis.ts";

/**
 * Each process's figures: an hour by the steps of the history, and a day by steps of four minutes, which are what a
 * chart of a day shows. So both are at most 360 points, and a process costs at most 112 KB of Redis (a test measures 97 KB
 * with long names and all digits in use): a cluster of 100 processes 11 MB. A day of ten-second points would be twelve
 * times as much.
 * Points are of all processes together: those that have gone for good leave nothing behind but their past.
 */
export const historyKey = "parloir:cluster-history";
/** In the slot that the whole cluster's points have on a Redis Cluster: all are written in one step. */
const hourKey = `{${historyKey}}:nodes-hour`;
const dayKey = `{${historyKey}}:nodes-day`;
const mostPoints = 360;
const dayStepMs = (historyKeptSeconds * 1_000) / mostPoints;
/** Of how many points at most four minutes are made, with some that came early. */
const pointsInDayStep = 30;

const dayStepOf = (at: string) => Math.floor(Date.parse(at) / dayStepMs);

/** @param since the point before: when it was of an earlier step of the day, that step is over. */
export async function addNodesPoint(
  redis: RedisClient,
  step: ChainableCommander,
  point: NodesPoint,
  since: string,
): Promise<void> {
  if (dayStepOf(since) < dayStepOf(point.at)) {
    const over = joinedNodes(ofDayStep(await readList(redis, hourKey, pointsInDayStep), dayStepOf(since)));
    if (over) step.rpush(dayKey, packed(over)).ltrim(dayKey, -mostPoints, -1);
  }
  step.rpush(hourKey, packed(point)).ltrim(hourKey, -mostPoints, -1);
}

/** Up to an hour by the steps of the history; beyond in steps of four minutes, the last of which is not over. */
export async function readNodesPoints(redis: RedisClient, seconds: number): Promise<NodesPoint[]> {
  const oldest = Date.now() - seconds * 1_000;
  const within = ({ at }: NodesPoint) => Date.parse(at) >= oldest;
  if (seconds <= 3_600) return (await readList(redis, hourKey, mostPoints)).filter(within);
  const [day, newest] = await Promise.all([
    readList(redis, dayKey, mostPoints),
    readList(redis, hourKey, pointsInDayStep),
  ]);
  const last = newest.at(-1);
  const present = last ? joinedNodes(ofDayStep(newest, dayStepOf(last.at))) : null;
  // Read in between, the last step may be over by now.
  const over = day.filter(({ at }) => !present || dayStepOf(at) < dayStepOf(present.at));
  return [...over, ...(present ? [present] : [])].filter(within);
}

function ofDayStep(points: readonly NodesPoint[], step: number): NodesPoint[] {
  return points.filter(({ at }) => dayStepOf(at) === step);
}

async function readList(redis: RedisClient, key: string, count: number): Promise<NodesPoint[]> {
  return (await redis.lrange(key, -count, -1)).map(unpacked);
}

/** What each figure is stands once a role, not once a process: also what another version wrote is read as it was meant. */
type Packed = [at: number, ...[NodeRole, NodeFigure[], ...PackedNode[]][]];
type PackedNode = [name: string, began: 0 | 1, ...(number | null)[]];

const roles: NodeRole[] = ["gateway", "api", "worker"];
/** As much as a chart can show apart. */
const digits = 4;

export function packed({ at, nodes }: NodesPoint): string {
  const all = Object.entries(nodes);
  const groups = roles.map((role): [NodeRole, NodeFigure[], ...PackedNode[]] => {
    const figures = figuresFor(role);
    const own = all.filter(([, node]) => node.role === role);
    return [role, figures, ...own.map(([name, node]) => packedNode(name, node, figures))];
  });
  const parts: Packed = [Date.parse(at), ...groups.filter(({ length }) => length > 2)];
  return JSON.stringify(parts);
}

function packedNode(name: string, node: NodePoint, figures: NodeFigure[]): PackedNode {
  const rounded = figures.map((figure) => {
    const value = node[figure];
    return value === undefined || value === null ? null : Number(value.toPrecision(digits));
  });
  return [name, node.began ? 1 : 0, ...rounded];
}

export function unpacked(text: string): NodesPoint {
  const [at, ...groups] = JSON.parse(text) as Packed;
  const nodes = groups.flatMap(([role, figures, ...own]) =>
    own.map(([name, began, ...values]): [string, NodePoint] => {
      const read = Object.fromEntries(
        figures.flatMap((figure, index) => (figure in nodeFigures ? [[figure, values[index] ?? null]] : [])),
      );
      return [name, { role, ...(began ? { began: true as const } : {}), ...read }];
    }),
  );
  return { at: new Date(at).toISOString(), nodes: Object.fromEntries(nodes) };
}
