import * as z from "zod/mini";
import { wholeNumber } from "./http.ts";

/**
 * What processes say of themselves for the metrics page: a snapshot of each every `snapshotMs`, made from the same
 * metrics that Prometheus reads. A figure that does not exist is null and never 0.
 */

export const snapshotMs = 2_000;
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
}

export interface NodeSnapshot {
  name: string;
  role: NodeRole;
  state: NodeState;
  /** What this process needs, as its readiness sees it: postgres, redis, queue. */
  checks: Record<string, "ok" | "degraded">;
  pid: number;
  startedAt: string;
  at: string;
  windowSeconds: number;
  /** Of one core, 0 to 1 and beyond. */
  cpu: number;
  memoryBytes: number;
  /** 99th percentile of the window. */
  eventLoopLagSeconds: number;
  gateway?: GatewayFigures;
  api?: ApiFigures;
  worker?: WorkerFigures;
}

/** `GET /api/cluster`, and the socket event `cluster` for admins who asked for it. */
export interface ClusterView {
  at: string;
  nodes: NodeSnapshot[];
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
}

export const historyStepSeconds = 10;
export const historyKeptSeconds = 86_400;

export const nodeParams = z.strictObject({ name: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,63}$/)) });

export const clusterHistoryQuery = z.strictObject({
  minutes: z.optional(wholeNumber(1, historyKeptSeconds / 60)),
});
