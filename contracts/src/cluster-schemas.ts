import * as z from "zod/mini";
import {
  type ApiFigures,
  type ClusterView,
  type GatewayFigures,
  harms,
  type LevelCounts,
  type NodeCounts,
  type Quantiles,
  type QueueFigures,
  type RecentFigures,
  type WorkerFigures,
} from "./cluster.ts";
import { type ClusterHistory, type ClusterPoint, historyKeptSeconds } from "./cluster-history.ts";
import { wholeNumber } from "./http.ts";
import { type NodeFigure, type NodePoint, type NodesPoint, nodeFigures } from "./node-history.ts";
import { schemaFor, time } from "./shape-schemas.ts";

export const nodeParams = z.strictObject({ name: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,63}$/)) });

export const harmBody = z.strictObject({ harm: z.enum(harms) });

export const clusterHistoryQuery = z.strictObject({
  minutes: z.optional(wholeNumber(1, historyKeptSeconds / 60)),
  /** Whether to tell of each process, too. */
  nodes: z.optional(z.enum(["true", "false"])),
});

/** The cluster's snapshots as schemas, each tied to its type: see shape-schemas.ts. */

const number = z.number();
const figure = z.nullable(number);
const nodeRole = z.enum(["gateway", "api", "worker"]);
const quantiles = z.nullable(
  schemaFor<Quantiles>()(z.strictObject({ p50: number, p95: number, p99: number, n: number })),
);
const pool = z.strictObject({ total: number, idle: number, waiting: number });

const gateway = schemaFor<GatewayFigures>()(
  z.strictObject({
    sockets: number,
    rooms: number,
    sendsPerSecond: number,
    failedSendsPerSecond: number,
    deliveriesPerSecond: number,
    pushedShare: figure,
    ack: quantiles,
    delivery: quantiles,
    canary: z.strictObject({ ack: quantiles, delivery: quantiles, failedPerSecond: number }),
    gapsRepaired: number,
    resyncs: number,
    syncsFromRing: number,
    syncsFromDatabase: number,
    slowReadersCut: number,
    handshakesRefused: number,
  }),
);

const api = schemaFor<ApiFigures>()(
  z.strictObject({
    requestsPerSecond: number,
    commitsPerSecond: number,
    messagesPerSecond: number,
    commitSize: figure,
    commit: quantiles,
    pool,
  }),
);

const levels = z.record(z.string(), schemaFor<LevelCounts>()(z.strictObject({ all: number, bad: number })));

const counts = schemaFor<NodeCounts>()(
  z.strictObject({
    sends: number,
    deliveries: number,
    requests: z.exactOptional(number),
    committed: z.exactOptional(number),
    jobs: z.exactOptional(number),
    levels,
  }),
);

const recent = schemaFor<RecentFigures>()(
  z.strictObject({
    ack: quantiles,
    delivery: quantiles,
    outboxAge: quantiles,
    commit: z.exactOptional(quantiles),
    job: z.exactOptional(quantiles),
    cpu: z.exactOptional(number),
    eventLoopLagSeconds: z.exactOptional(number),
  }),
);

const queue = schemaFor<QueueFigures>()(
  z.strictObject({
    name: z.string(),
    waiting: number,
    active: number,
    delayed: number,
    failed: number,
    oldestSeconds: number,
    donePerSecond: number,
    failedPerSecond: number,
  }),
);

const worker = schemaFor<WorkerFigures>()(
  z.strictObject({
    jobsPerSecond: number,
    failedJobsPerSecond: number,
    job: quantiles,
    outboxAge: quantiles,
    outboxOldestSeconds: z.exactOptional(figure),
    pool,
    queues: z.exactOptional(z.array(queue)),
  }),
);

export const clusterView = schemaFor<ClusterView>()(
  z.strictObject({
    at: time,
    nodes: z.array(
      z.strictObject({
        name: z.string(),
        role: nodeRole,
        state: z.enum(["starting", "ready", "degraded", "draining"]),
        checks: z.record(z.string(), z.enum(["ok", "degraded"])),
        roundTrips: z.exactOptional(z.record(z.string(), figure)),
        pid: number,
        address: z.exactOptional(z.string()),
        startedAt: time,
        at: time,
        windowSeconds: number,
        cpu: number,
        memoryBytes: number,
        eventLoopLagSeconds: number,
        counts: z.exactOptional(counts),
        recent: z.exactOptional(recent),
        gateway: z.exactOptional(gateway),
        api: z.exactOptional(api),
        worker: z.exactOptional(worker),
      }),
    ),
    alone: z.exactOptional(z.string()),
  }),
);

export const clusterPoint = schemaFor<ClusterPoint>()(
  z.strictObject({
    at: time,
    sockets: number,
    sendsPerSecond: number,
    deliveriesPerSecond: number,
    messagesPerSecond: z.exactOptional(number),
    ackP99: figure,
    deliveryP50: figure,
    deliveryP95: figure,
    deliveryP99: figure,
    outboxAgeP99: figure,
    levels: z.exactOptional(levels),
  }),
);

function nodePointShape() {
  const figures = Object.keys(nodeFigures).map((name) => [name, z.exactOptional(figure)]);
  return {
    role: nodeRole,
    began: z.exactOptional(z.literal(true)),
    ...(Object.fromEntries(figures) as Record<NodeFigure, z.ZodMiniExactOptional<typeof figure>>),
  };
}

const nodesPoint = schemaFor<NodesPoint>()(
  z.strictObject({
    at: time,
    nodes: z.record(z.string(), schemaFor<NodePoint>()(z.strictObject(nodePointShape()))),
  }),
);

export const clusterHistory = schemaFor<ClusterHistory>()(
  z.strictObject({
    points: z.array(clusterPoint),
    counted: z.nullable(
      z.strictObject({
        at: time,
        nodes: z.array(
          z.strictObject({ name: z.string(), startedAt: time, counts: z.exactOptional(counts) }),
        ),
      }),
    ),
    nodes: z.exactOptional(z.array(nodesPoint)),
  }),
);
