import {
  type ClusterView,
  isGone,
  type LevelCounts,
  type NodeCounts,
  type NodeSnapshot,
  type RecentFigures,
} from "./cluster.ts";
import type { NodesPoint } from "./node-history.ts";

/** What the metrics page shows of the last hour and day: a point of the whole cluster each step. */

/** The whole cluster since the point before, kept for a day. */
export interface ClusterPoint {
  at: string;
  /** At that moment. */
  sockets: number;
  /** Of people, by sockets. */
  sendsPerSecond: number;
  deliveriesPerSecond: number;
  /** What was committed, by sockets and by REST. Absent from what the version before wrote. */
  messagesPerSecond?: number;
  /** The worst gateway's of the last `historyStepSeconds`; null without observations. */
  ackP99: number | null;
  deliveryP50: number | null;
  deliveryP95: number | null;
  deliveryP99: number | null;
  outboxAgeP99: number | null;
  /** Absent from what the version before wrote. */
  levels?: Record<string, LevelCounts>;
}

/** How far each process had counted at that moment. */
export interface CountedNodes {
  at: string;
  nodes: CountedNode[];
}

export type CountedNode = Pick<NodeSnapshot, "name" | "startedAt" | "counts">;

/** `GET /api/cluster/history` */
export interface ClusterHistory {
  /** Oldest first. */
  points: ClusterPoint[];
  /** At the newest point: the next one is about what happened since. Null when there is none. */
  counted: CountedNodes | null;
  /** The same time by process, where it was asked for. */
  nodes?: NodesPoint[];
}

export const historyStepSeconds = 10;
export const historyKeptSeconds = 86_400;

/**
 * The whole cluster's figures: sums over the processes; of latencies the worst, because percentiles of several
 * processes cannot be averaged. What is counted is the growth since the point before, whenever that was, so that
 * nothing is left out and nothing counts twice.
 */
export function pointOf(
  { at, nodes }: Pick<ClusterView, "at" | "nodes">,
  before: CountedNodes,
): ClusterPoint {
  const now = Date.parse(at);
  const seconds = Math.max(1, (now - Date.parse(before.at)) / 1_000);
  const present = nodes.filter((node) => !isGone(node, now));
  // Of one that is gone, too: what it counted last.
  const growth = nodes.flatMap((node) => grown(node, before) ?? []);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const worst = (read: (recent: RecentFigures) => number | undefined) => {
    const known = present.flatMap(({ recent }) => (recent && read(recent)) ?? []);
    return known.length > 0 ? Math.max(...known) : null;
  };
  return {
    at,
    sockets: sum(present.map(({ gateway }) => gateway?.sockets ?? 0)),
    sendsPerSecond: sum(growth.map(({ sends }) => sends)) / seconds,
    deliveriesPerSecond: sum(growth.map(({ deliveries }) => deliveries)) / seconds,
    messagesPerSecond: sum(growth.map(({ committed = 0 }) => committed)) / seconds,
    ackP99: worst(({ ack }) => ack?.p99),
    deliveryP50: worst(({ delivery }) => delivery?.p50),
    deliveryP95: worst(({ delivery }) => delivery?.p95),
    deliveryP99: worst(({ delivery }) => delivery?.p99),
    outboxAgeP99: worst(({ outboxAge }) => outboxAge?.p99),
    levels: addedUp(growth.map(({ levels }) => levels)),
  };
}

export function countedOf({ at, nodes }: Pick<ClusterView, "at" | "nodes">): CountedNodes {
  return {
    at,
    nodes: nodes.map(({ name, startedAt, counts }) => ({ name, startedAt, ...(counts ? { counts } : {}) })),
  };
}

/** Undefined where it is not known: of a process that was there before and was not heard then. */
export function grown(
  { name, startedAt, counts }: CountedNode,
  before: CountedNodes,
): NodeCounts | undefined {
  if (!counts) return undefined;
  const known = before.nodes.find((each) => each.name === name && each.startedAt === startedAt)?.counts;
  if (!known) return startedAt >= before.at ? counts : undefined;
  const since = (count: "requests" | "committed" | "jobs") =>
    counts[count] === undefined ? {} : { [count]: counts[count] - (known[count] ?? counts[count]) };
  const levels = Object.entries(counts.levels).map(([level, { all, bad }]): [string, LevelCounts] => {
    const former = known.levels[level] ?? { all: 0, bad: 0 };
    return [level, { all: all - former.all, bad: bad - former.bad }];
  });
  return {
    sends: counts.sends - known.sends,
    deliveries: counts.deliveries - known.deliveries,
    ...since("requests"),
    ...since("committed"),
    ...since("jobs"),
    levels: Object.fromEntries(levels),
  };
}

export function addedUp(all: readonly Record<string, LevelCounts>[]): Record<string, LevelCounts> {
  const sums: Record<string, LevelCounts> = {};
  for (const levels of all)
    for (const [name, { all, bad }] of Object.entries(levels)) {
      const sum = sums[name] ?? { all: 0, bad: 0 };
      sums[name] = { all: sum.all + all, bad: sum.bad + bad };
    }
  return sums;
}
