/**
 * What processes say of themselves for the metrics page: a snapshot of each every `snapshotMs`, made from the same
 * metrics that Prometheus reads. A figure that does not exist is null and never 0.
 */

export const snapshotMs = 2_000;
/** A process that has missed two is shown as silent: what it said last may be true no more. */
export const snapshotLateMs = 5_000;
/** A process whose newest snapshot is older than this is shown as gone. */
export const snapshotGoneMs = 10_000;
/** How long a process that is gone is still shown. */
export const snapshotKeptMs = 600_000;

export type NodeRole = "gateway" | "api" | "worker";
export type NodeState = "starting" | "ready" | "degraded" | "draining";

/** Seconds; of the last `windowSeconds`. Null when nothing happened in that time. */
export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
  /** Observations behind them. */
  n: number;
}

export interface GatewayFigures {
  sockets: number;
  rooms: number;
  /** Messages a second that clients sent here and got acked. */
  sendsPerSecond: number;
  /** Sends that failed for a reason of ours (UNAVAILABLE, INTERNAL), a second. */
  failedSendsPerSecond: number;
  deliveriesPerSecond: number;
  /** Of the deliveries, how many came by a push and not by a repair: 0 to 1, null without deliveries. */
  pushedShare: number | null;
  ack: Quantiles | null;
  delivery: Quantiles | null;
  /** What the gateway's own pair of clients measures across gateways. */
  canary: { ack: Quantiles | null; delivery: Quantiles | null; failedPerSecond: number };
  /** Since the process started. */
  gapsRepaired: number;
  resyncs: number;
  syncsFromRing: number;
  syncsFromDatabase: number;
  slowReadersCut: number;
  handshakesRefused: number;
}

export interface ApiFigures {
  requestsPerSecond: number;
  commitsPerSecond: number;
  messagesPerSecond: number;
  /** Messages per commit, mean of the window. */
  commitSize: number | null;
  commit: Quantiles | null;
  pool: { total: number; idle: number; waiting: number };
}

export interface WorkerFigures {
  jobsPerSecond: number;
  failedJobsPerSecond: number;
  job: Quantiles | null;
  /** From a message's commit to its being taken from the outbox, of what was taken only. */
  outboxAge: Quantiles | null;
  /**
   * Age of the oldest outbox row, taken or not; 0 without rows, null when Postgres cannot be asked. Every worker tells
   * the same. Absent as `queues`.
   */
  outboxOldestSeconds?: number | null;
  pool: { total: number; idle: number; waiting: number };
  /** Those that could be asked. Absent from a process of the version before. */
  queues?: QueueFigures[];
}

/** Depths are of the whole queue, and every worker tells the same; rates are this worker's. */
export interface QueueFigures {
  name: string;
  waiting: number;
  active: number;
  delayed: number;
  /** Given up, and kept to be looked at. */
  failed: number;
  /** Age of the oldest that waits; 0 when none does. */
  oldestSeconds: number;
  donePerSecond: number;
  failedPerSecond: number;
}

export interface NodeSnapshot {
  name: string;
  role: NodeRole;
  state: NodeState;
  /** What this process needs, as its readiness sees it: postgres, redis, queue. */
  checks: Record<string, "ok" | "degraded">;
  /**
   * Seconds that each of these stores took to answer a question about nothing, asked for this snapshot; null when it did
   * not. Absent from a process of the version before.
   */
  roundTrips?: Record<string, number | null>;
  pid: number;
  /** A gateway's own, for other processes: behind the balancer. */
  address?: string;
  startedAt: string;
  at: string;
  windowSeconds: number;
  /** Of one core, 0 to 1 and beyond. */
  cpu: number;
  memoryBytes: number;
  /** 99th percentile of the window. */
  eventLoopLagSeconds: number;
  /** Absent as `roundTrips`. */
  counts?: NodeCounts;
  /** Of the last `historyStepSeconds`, for the history. Absent as `roundTrips`. */
  recent?: RecentQuantiles;
  gateway?: GatewayFigures;
  api?: ApiFigures;
  worker?: WorkerFigures;
}

/** Since the process started: what happened between any two snapshots, also of those that nobody read, is a difference. */
export interface NodeCounts {
  /** Messages that clients sent here and got acked. */
  sends: number;
  deliveries: number;
  /** By the names of infra/service-levels.json, those that this process counts for. */
  levels: Record<string, LevelCounts>;
}

/** What a service level is about, and how much of it was bad. */
export interface LevelCounts {
  all: number;
  bad: number;
}

export interface RecentQuantiles {
  ack: Quantiles | null;
  delivery: Quantiles | null;
  outboxAge: Quantiles | null;
}

/** What the chaos panel does to a process, in development: end it without warning, or let it stand still for a while. */
export const harms = ["kill", "freeze"] as const;
export type Harm = (typeof harms)[number];

/** `GET /api/cluster`, and the socket event `cluster` for admins who asked for it. */
export interface ClusterView {
  at: string;
  nodes: NodeSnapshot[];
  /**
   * The gateway that tells this cannot read the others' snapshots: of itself it tells the truth of now, of the others
   * what it read last.
   */
  alone?: string;
}

/** The whole cluster since the point before, kept for a day. */
export interface ClusterPoint {
  at: string;
  /** At that moment. */
  sockets: number;
  sendsPerSecond: number;
  deliveriesPerSecond: number;
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
}

export const historyStepSeconds = 10;
export const historyKeptSeconds = 86_400;

export function isSilent({ at }: NodeSnapshot, now: number): boolean {
  return now - Date.parse(at) > snapshotLateMs;
}

export function isGone({ at }: NodeSnapshot, now: number): boolean {
  return now - Date.parse(at) > snapshotGoneMs;
}

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
  const worst = (read: (recent: RecentQuantiles) => number | undefined) => {
    const known = present.flatMap(({ recent }) => (recent && read(recent)) ?? []);
    return known.length > 0 ? Math.max(...known) : null;
  };
  return {
    at,
    sockets: sum(present.map(({ gateway }) => gateway?.sockets ?? 0)),
    sendsPerSecond: sum(growth.map(({ sends }) => sends)) / seconds,
    deliveriesPerSecond: sum(growth.map(({ deliveries }) => deliveries)) / seconds,
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
function grown({ name, startedAt, counts }: CountedNode, before: CountedNodes): NodeCounts | undefined {
  if (!counts) return undefined;
  const known = before.nodes.find((each) => each.name === name && each.startedAt === startedAt)?.counts;
  if (!known) return startedAt >= before.at ? counts : undefined;
  const levels = Object.entries(counts.levels).map(([level, { all, bad }]): [string, LevelCounts] => {
    const former = known.levels[level] ?? { all: 0, bad: 0 };
    return [level, { all: all - former.all, bad: bad - former.bad }];
  });
  return {
    sends: counts.sends - known.sends,
    deliveries: counts.deliveries - known.deliveries,
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
