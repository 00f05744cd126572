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
  /** Age of the oldest outbox row when it was taken. */
  outboxAge: Quantiles | null;
  pool: { total: number; idle: number; waiting: number };
  /** Absent from a process of the version before. */
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
  /** By the names of infra/service-levels.json, those that this process counts for. Absent as `roundTrips`. */
  levels?: Record<string, LevelRates>;
  gateway?: GatewayFigures;
  api?: ApiFigures;
  worker?: WorkerFigures;
}

/** What a service level is about, a second, and how much of it was bad. */
export interface LevelRates {
  all: number;
  bad: number;
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

/** The whole cluster over `stepSeconds`, kept for a day. */
export interface ClusterPoint {
  at: string;
  sockets: number;
  sendsPerSecond: number;
  failedSendsPerSecond: number;
  deliveriesPerSecond: number;
  /** The worst gateway's; null without observations. */
  ackP99: number | null;
  deliveryP50: number | null;
  deliveryP95: number | null;
  deliveryP99: number | null;
  outboxAgeP99: number | null;
  /** Absent from what the version before wrote. */
  levels?: Record<string, LevelRates>;
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
 * The whole cluster's figures at one moment: sums over the processes that are there; of latencies the worst, because
 * percentiles of several processes cannot be averaged.
 */
export function pointOf(nodes: readonly NodeSnapshot[], now: number): ClusterPoint {
  const present = nodes.filter((node) => !isGone(node, now));
  const gateways = present.flatMap(({ gateway }) => gateway ?? []);
  const workers = present.flatMap(({ worker }) => worker ?? []);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const worst = (values: (number | undefined)[]) => {
    const known = values.filter((value) => value !== undefined);
    return known.length > 0 ? Math.max(...known) : null;
  };
  return {
    at: new Date(now).toISOString(),
    sockets: sum(gateways.map((each) => each.sockets)),
    sendsPerSecond: sum(gateways.map((each) => each.sendsPerSecond)),
    failedSendsPerSecond: sum(gateways.map((each) => each.failedSendsPerSecond)),
    deliveriesPerSecond: sum(gateways.map((each) => each.deliveriesPerSecond)),
    ackP99: worst(gateways.map((each) => each.ack?.p99)),
    deliveryP50: worst(gateways.map((each) => each.delivery?.p50)),
    deliveryP95: worst(gateways.map((each) => each.delivery?.p95)),
    deliveryP99: worst(gateways.map((each) => each.delivery?.p99)),
    outboxAgeP99: worst(workers.map((each) => each.outboxAge?.p99)),
    levels: addedUp(present.map(({ levels = {} }) => levels)),
  };
}

export function addedUp(all: readonly Record<string, LevelRates>[]): Record<string, LevelRates> {
  const sums: Record<string, LevelRates> = {};
  for (const levels of all)
    for (const [name, { all, bad }] of Object.entries(levels)) {
      const sum = sums[name] ?? { all: 0, bad: 0 };
      sums[name] = { all: sum.all + all, bad: sum.bad + bad };
    }
  return sums;
}
