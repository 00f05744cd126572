import type {
  ApiFigures,
  GatewayFigures,
  NodeCounts,
  NodeRole,
  QueueFigures,
  RecentFigures,
  WorkerFigures,
} from "@parloir/contracts/cluster.ts";
import type { MetricName } from "../metrics.ts";
import { levelsOf } from "./levels.ts";
import type { MetricsWindow } from "./window.ts";

/** Which metrics make each role's part of a snapshot. */

export type Figures = { gateway?: GatewayFigures; api?: ApiFigures; worker?: WorkerFigures };

const sends = { event: "send_message" };
const ours = ["UNAVAILABLE", "INTERNAL"];

export const metricsOf = {
  gateway: [
    "parloir_sockets",
    "parloir_rooms",
    "parloir_commands_total",
    "parloir_messages_delivered_total",
    "parloir_ack_seconds",
    "parloir_delivery_seconds",
    "parloir_canary_total",
    "parloir_canary_ack_seconds",
    "parloir_canary_delivery_seconds",
    "parloir_gaps_total",
    "parloir_sync_total",
    "parloir_connections_cut_total",
    "parloir_handshakes_total",
  ],
  api: [
    "parloir_http_requests_total",
    "parloir_commits_total",
    "parloir_messages_committed_total",
    "parloir_commit_size",
    "parloir_commit_seconds",
    "parloir_database_pool",
  ],
  worker: [
    "parloir_jobs_total",
    "parloir_job_seconds",
    "parloir_outbox_lag_seconds",
    "parloir_outbox_oldest_seconds",
    "parloir_database_pool",
    "parloir_queue_jobs",
    "parloir_queue_oldest_seconds",
  ],
} as const satisfies Record<NodeRole, readonly MetricName[]>;

export function figuresOf(role: NodeRole, window: MetricsWindow): Figures {
  if (role === "gateway") return { gateway: gatewayFigures(window) };
  return role === "api" ? { api: apiFigures(window) } : { worker: workerFigures(window) };
}

export function countsOf(role: NodeRole, window: MetricsWindow): NodeCounts {
  const isGateway = role === "gateway";
  const { total } = window;
  return {
    sends: isGateway ? total("parloir_commands_total", { ...sends, outcome: "ok" }) : 0,
    deliveries: isGateway ? total("parloir_messages_delivered_total") : 0,
    ...(role === "api"
      ? {
          requests: total("parloir_http_requests_total"),
          committed: total("parloir_messages_committed_total", { outcome: "ok" }),
        }
      : {}),
    ...(role === "worker" ? { jobs: total("parloir_jobs_total", { outcome: "completed" }) } : {}),
    levels: levelsOf(metricsOf[role], window),
  };
}

export function recentOf(role: NodeRole, { quantiles }: MetricsWindow, ticks: number): RecentFigures {
  const of = (owner: NodeRole, name: MetricName) => (role === owner ? quantiles(name, ticks) : null);
  return {
    ack: of("gateway", "parloir_ack_seconds"),
    delivery: of("gateway", "parloir_delivery_seconds"),
    outboxAge: of("worker", "parloir_outbox_lag_seconds"),
    commit: of("api", "parloir_commit_seconds"),
    job: of("worker", "parloir_job_seconds"),
  };
}

function gatewayFigures({ rate, value, quantiles }: MetricsWindow): GatewayFigures {
  const deliveries = rate("parloir_messages_delivered_total");
  return {
    sockets: value("parloir_sockets"),
    rooms: value("parloir_rooms"),
    sendsPerSecond: rate("parloir_commands_total", { ...sends, outcome: "ok" }),
    failedSendsPerSecond: rate("parloir_commands_total", { ...sends, outcome: ours }),
    deliveriesPerSecond: deliveries,
    pushedShare:
      deliveries > 0 ? rate("parloir_messages_delivered_total", { source: "push" }) / deliveries : null,
    ack: quantiles("parloir_ack_seconds"),
    delivery: quantiles("parloir_delivery_seconds"),
    canary: {
      ack: quantiles("parloir_canary_ack_seconds"),
      delivery: quantiles("parloir_canary_delivery_seconds"),
      failedPerSecond: rate("parloir_canary_total") - rate("parloir_canary_total", { outcome: "ok" }),
    },
    gapsRepaired: value("parloir_gaps_total", { outcome: "repaired" }),
    resyncs: value("parloir_gaps_total", { outcome: "resync" }),
    syncsFromRing: value("parloir_sync_total", { source: "ring" }),
    syncsFromDatabase: value("parloir_sync_total", { source: "database" }),
    slowReadersCut: value("parloir_connections_cut_total", { reason: ["slow_reader", "stuck_reader"] }),
    handshakesRefused:
      value("parloir_handshakes_total") - value("parloir_handshakes_total", { outcome: "ok" }),
  };
}

function apiFigures(window: MetricsWindow): ApiFigures {
  const { rate, quantiles, mean } = window;
  return {
    requestsPerSecond: rate("parloir_http_requests_total"),
    commitsPerSecond: rate("parloir_commits_total", { outcome: ["ok", "rerun"] }),
    messagesPerSecond: rate("parloir_messages_committed_total", { outcome: "ok" }),
    commitSize: mean("parloir_commit_size"),
    commit: quantiles("parloir_commit_seconds"),
    pool: poolOf(window),
  };
}

function workerFigures(window: MetricsWindow): WorkerFigures {
  const { rate, quantiles } = window;
  // Each gauge was asked for by itself: a queue that went away in between is not known.
  const aged = new Set(window.labelled("parloir_queue_oldest_seconds", "queue"));
  const queues = window.labelled("parloir_queue_jobs", "queue").filter((name) => aged.has(name));
  return {
    jobsPerSecond: rate("parloir_jobs_total", { outcome: "completed" }),
    failedJobsPerSecond: rate("parloir_jobs_total", { outcome: "failed" }),
    job: quantiles("parloir_job_seconds"),
    outboxAge: quantiles("parloir_outbox_lag_seconds"),
    outboxOldestSeconds: window.known("parloir_outbox_oldest_seconds"),
    pool: poolOf(window),
    queues: queues.map((name) => queueFigures(name, window)),
  };
}

function queueFigures(queue: string, { rate, value }: MetricsWindow): QueueFigures {
  const inState = (state: string) => value("parloir_queue_jobs", { queue, state });
  return {
    name: queue,
    waiting: inState("waiting"),
    active: inState("active"),
    delayed: inState("delayed"),
    failed: inState("failed"),
    oldestSeconds: value("parloir_queue_oldest_seconds", { queue }),
    donePerSecond: rate("parloir_jobs_total", { queue, outcome: "completed" }),
    failedPerSecond: rate("parloir_jobs_total", { queue, outcome: "failed" }),
  };
}

function poolOf({ value }: MetricsWindow): ApiFigures["pool"] {
  const state = (name: string) => value("parloir_database_pool", { state: name });
  return { total: state("total"), idle: state("idle"), waiting: state("waiting") };
}
