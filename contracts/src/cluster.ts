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
  /** For the history. Absent as `roundTrips`. */
  recent?: RecentFigures;
  gateway?: GatewayFigures;
  api?: ApiFigures;
  worker?: WorkerFigures;
}

/** Since the process started: what happened between any two snapshots, also of those that nobody read, is a difference. */
export interface NodeCounts {
  /** Messages that clients sent here and got acked. */
  sends: number;
  deliveries: number;
  /** What an api answered and committed, and what a worker did. Absent from a process of the version before. */
  requests?: number;
  committed?: number;
  jobs?: number;
  /** By the names of infra/service-levels.json, those that this process counts for. */
  levels: Record<string, LevelCounts>;
}

/** What a service level is about, and how much of it was bad. */
export interface LevelCounts {
  all: number;
  bad: number;
}

/** Of the last `historyStepSeconds`. What may be absent, the version before did not tell. */
export interface RecentFigures {
  ack: Quantiles | null;
  delivery: Quantiles | null;
  outboxAge: Quantiles | null;
  commit?: Quantiles | null;
  job?: Quantiles | null;
  /** Of one core. */
  cpu?: number;
  /** The worst of its windows' 99th percentiles. */
  eventLoopLagSeconds?: number;
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

export function isSilent({ at }: NodeSnapshot, now: number): boolean {
  return now - Date.parse(at) > snapshotLateMs;
}

export function isGone({ at }: NodeSnapshot, now: number): boolean {
  return now - Date.parse(at) > snapshotGoneMs;
}
