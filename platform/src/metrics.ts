import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import manifest from "../package.json" with { type: "json" };
import type { ProcessRole } from "./env.ts";

/**
 * Every metric of ours: names, labels and buckets in one table, base units (seconds, bytes), no ids as labels.
 * `docs/metrics.md` is this table in prose and a test holds the two together.
 */
type Kind = "counter" | "gauge" | "histogram";
interface MetricDefinition {
  kind: Kind;
  of: readonly ProcessRole[];
  help: string;
  labels: readonly string[];
  buckets?: readonly number[];
}

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const roundTripBuckets = [0.0001, 0.00025, 0.0005, ...latencyBuckets] as const;
const sizeBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] as const;
/** From ten seconds to a week: people, not machines. */
const waitBuckets = [
  10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 259_200, 604_800,
] as const;

export const metricTable = {
  parloir_sockets: {
    kind: "gauge",
    of: ["gateway"],
    help: "Connected sockets, without the canaries'.",
    labels: [],
  },
  parloir_rooms: { kind: "gauge", of: ["gateway"], help: "Conversations with a local member.", labels: [] },
  parloir_handshakes_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Handshakes by outcome: ok or the error code.",
    labels: ["outcome"],
  },
  parloir_commands_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Socket commands of people by event and outcome (ok or the error code).",
    labels: ["event", "outcome"],
  },
  parloir_calls_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Video calls by outcome: started, answered, or how they ended.",
    labels: ["outcome"],
  },
  parloir_ack_seconds: {
    kind: "histogram",
    of: ["gateway"],
    help: "From a person's send's arrival at the gateway to its ack.",
    labels: [],
    buckets: latencyBuckets,
  },
  parloir_delivery_seconds: {
    kind: "histogram",
    of: ["gateway"],
    help: "From a person's message's created_at to its emission here (database clock against this node's).",
    labels: [],
    buckets: latencyBuckets,
  },
  parloir_canary_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Rounds of this gateway's canary by outcome: ok, unacked, undelivered or unconnected.",
    labels: ["outcome"],
  },
  parloir_canary_ack_seconds: {
    kind: "histogram",
    of: ["gateway"],
    help: "From a canary's send to its ack, as its client sees it.",
    labels: [],
    buckets: latencyBuckets,
  },
  parloir_canary_delivery_seconds: {
    kind: "histogram",
    of: ["gateway"],
    help: "From a canary's send here to its arrival at a client of another gateway, by one clock.",
    labels: [],
    buckets: latencyBuckets,
  },
  parloir_messages_delivered_total: {
    kind: "counter",
    of: ["gateway"],
    help: "People's messages released by the sequencer, by source: push, repair or poll.",
    labels: ["source"],
  },
  parloir_messages_repeated_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Pushed messages that had been released before.",
    labels: [],
  },
  parloir_gaps_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Gaps seen by the sequencer, by how they ended: closed (the missing came), repaired, resync.",
    labels: ["outcome"],
  },
  parloir_channel_events_delivered_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Channel events released by the sequencer, by source: push or repair.",
    labels: ["source"],
  },
  parloir_channel_events_repeated_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Pushed channel events that had been released before.",
    labels: [],
  },
  parloir_channel_gaps_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Gaps in channels, by how they ended: closed, repaired, resync.",
    labels: ["outcome"],
  },
  parloir_sync_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Conversations answered by sync, by source: ring or database.",
    labels: ["source"],
  },
  parloir_connections_cut_total: {
    kind: "counter",
    of: ["gateway"],
    help: "Connections cut by the gateway, by reason.",
    labels: ["reason"],
  },
  parloir_limit_refusals_total: {
    kind: "counter",
    of: ["gateway", "api"],
    help: "What was refused or dropped because of a limit, by limit.",
    labels: ["limit"],
  },
  parloir_limit_checks_total: {
    kind: "counter",
    of: ["gateway", "api"],
    help: "Uses told to Redis by people near a limit, by limit and outcome (ok or failed: then counted here alone).",
    labels: ["limit", "outcome"],
  },
  parloir_api_call_seconds: {
    kind: "histogram",
    of: ["gateway"],
    help: "Internal api calls by route and outcome (ok or failed).",
    labels: ["route", "outcome"],
    buckets: latencyBuckets,
  },
  parloir_batch_size: {
    kind: "histogram",
    of: ["gateway"],
    help: "Items per internal api call.",
    labels: ["route"],
    buckets: sizeBuckets,
  },
  parloir_commits_total: {
    kind: "counter",
    of: ["api"],
    help: "Group commits by outcome: ok, rerun (unique violation) or failed.",
    labels: ["outcome"],
  },
  parloir_commit_size: {
    kind: "histogram",
    of: ["api"],
    help: "Messages per group commit.",
    labels: [],
    buckets: sizeBuckets,
  },
  parloir_commit_seconds: {
    kind: "histogram",
    of: ["api"],
    help: "Duration of a group commit.",
    labels: [],
    buckets: latencyBuckets,
  },
  parloir_messages_committed_total: {
    kind: "counter",
    of: ["api"],
    help: "Results of people's sends: ok, duplicate or the error code.",
    labels: ["outcome"],
  },
  parloir_changes_total: {
    kind: "counter",
    of: ["api"],
    help: "Changes of messages by kind (edit, delete, react) and outcome: ok, unchanged (it was so before) or the error code.",
    labels: ["kind", "outcome"],
  },
  parloir_http_requests_total: {
    kind: "counter",
    of: ["api"],
    help: "Public REST requests by route, method and status.",
    labels: ["route", "method", "status"],
  },
  parloir_http_request_seconds: {
    kind: "histogram",
    of: ["api"],
    help: "Duration of public REST requests by route.",
    labels: ["route"],
    buckets: latencyBuckets,
  },
  parloir_publishes_total: {
    kind: "counter",
    of: ["api", "worker"],
    help: "Publishes to rooms by outcome: received, nobody (no gateway has the room) or failed.",
    labels: ["outcome"],
  },
  parloir_database_pool: {
    kind: "gauge",
    of: ["api", "worker"],
    help: "Connections of the Postgres pool by state: total, idle or waiting (callers).",
    labels: ["state"],
  },
  parloir_replica_reads_total: {
    kind: "counter",
    of: ["api"],
    help: "Reads that a replica may answer by who did: replica, or the primary because no replica had everything (none), it had not within a tenth of a second (late) or it failed.",
    labels: ["outcome"],
  },
  parloir_replica_behind_seconds: {
    kind: "gauge",
    of: ["api"],
    help: "How long ago a replica was last seen to have everything that the primary has, asked every second; 0 when it has.",
    labels: ["replica"],
  },
  parloir_uploads_total: {
    kind: "counter",
    of: ["api"],
    help: "Uploads by outcome: ok or the error code.",
    labels: ["outcome"],
  },
  parloir_upload_bytes_total: {
    kind: "counter",
    of: ["api"],
    help: "Bytes of files that were received whole, taken or not.",
    labels: [],
  },
  parloir_attachments_removed_total: {
    kind: "counter",
    of: ["api"],
    help: "Attachments whose files were removed.",
    labels: [],
  },
  parloir_outbox_relayed_total: {
    kind: "counter",
    of: ["worker"],
    help: "Messages taken from the outbox into jobs.",
    labels: [],
  },
  parloir_outbox_lag_seconds: {
    kind: "histogram",
    of: ["worker"],
    help: "From a message's commit to the relay's taking it from the outbox; of what was taken only.",
    labels: [],
    buckets: latencyBuckets,
  },
  parloir_outbox_oldest_seconds: {
    kind: "gauge",
    of: ["worker"],
    help: "Age of the oldest outbox row, taken or not; 0 without rows, absent when Postgres cannot be asked. Every worker tells the same.",
    labels: [],
  },
  parloir_jobs_total: {
    kind: "counter",
    of: ["worker"],
    help: "Finished jobs by queue and outcome: completed or failed.",
    labels: ["queue", "outcome"],
  },
  parloir_job_seconds: {
    kind: "histogram",
    of: ["worker"],
    help: "Duration of jobs by queue.",
    labels: ["queue"],
    buckets: latencyBuckets,
  },
  parloir_job_wait_seconds: {
    kind: "histogram",
    of: ["worker"],
    help: "From a job's adding (or the end of its delay) to its start here, by queue.",
    labels: ["queue"],
    buckets: latencyBuckets,
  },
  parloir_queue_jobs: {
    kind: "gauge",
    of: ["worker"],
    help: "Jobs in a queue by state: waiting, active, delayed or failed; absent when the queue cannot be asked. Every worker tells the same.",
    labels: ["queue", "state"],
  },
  parloir_queue_oldest_seconds: {
    kind: "gauge",
    of: ["worker"],
    help: "Age of the oldest job that waits in a queue; 0 when none does, absent when the queue cannot be asked. Every worker tells the same.",
    labels: ["queue"],
  },
  parloir_notifications_total: {
    kind: "counter",
    of: ["worker"],
    help: "Notification rows written or raised.",
    labels: [],
  },
  parloir_notification_seconds: {
    kind: "histogram",
    of: ["worker"],
    help: "From the commit of a message to its notification.",
    labels: [],
    buckets: latencyBuckets,
  },
  parloir_assignments_total: {
    kind: "counter",
    of: ["worker"],
    help: "Support conversations that were given to an agent by themselves.",
    labels: [],
  },
  parloir_deliveries_total: {
    kind: "counter",
    of: ["worker"],
    help: "Attempts to tell somebody beyond their pages, by channel and outcome: sent, failed (again later), dead (given up), dropped (needless by then), postponed or lost (somebody else's by then).",
    labels: ["channel", "outcome"],
  },
  parloir_people_erased_total: {
    kind: "counter",
    of: ["worker"],
    help: "Erasures of people that were completed.",
    labels: [],
  },
  parloir_retention_removed_total: {
    kind: "counter",
    of: ["worker"],
    help: "What retention took away, by kind: messages (emptied), notes, notifications or audit lines.",
    labels: ["what"],
  },
  parloir_wait_seconds: {
    kind: "histogram",
    of: ["worker"],
    help: "Calendar time of ended waits by measure (first_reply, next_reply, resolution) and kind of conversation.",
    labels: ["measure", "kind"],
    buckets: waitBuckets,
  },
  parloir_waits_unanswered_total: {
    kind: "counter",
    of: ["worker"],
    help: "Waits that were closed without a reply, by measure and kind of conversation.",
    labels: ["measure", "kind"],
  },
  parloir_store_round_trip_seconds: {
    kind: "histogram",
    of: ["gateway", "api", "worker"],
    help: "How long a store took to answer a question about nothing, asked every two seconds, by store: postgres, redis or queue.",
    labels: ["store"],
    buckets: roundTripBuckets,
  },
  parloir_build: {
    kind: "gauge",
    of: ["gateway", "api", "worker"],
    help: "1, with the version of the code that runs.",
    labels: ["version"],
  },
  parloir_unhandled_rejections_total: {
    kind: "counter",
    of: ["gateway", "api", "worker"],
    help: "Promises that failed and that nobody awaited: a bug.",
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

type Table = typeof metricTable;
export type MetricName = keyof Table;
type Instrument<Name extends MetricName> = Table[Name]["kind"] extends "counter"
  ? Counter<Table[Name]["labels"][number]>
  : Table[Name]["kind"] extends "gauge"
    ? Gauge<Table[Name]["labels"][number]>
    : Histogram<Table[Name]["labels"][number]>;

export interface Metrics {
  registry: Registry;
  /** @throws when the table does not give this metric to this kind of process: a mistake found at start. */
  get: <Name extends MetricName>(name: Name) => Instrument<Name>;
}

/** One registry per process, so that several processes' worth of parts can live in one test. */
export function createMetrics(role: ProcessRole, nodeName: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ node: nodeName });
  collectDefaultMetrics({ register: registry });
  const instruments = new Map<string, unknown>();
  for (const [name, definition] of Object.entries(metricTable) as [string, MetricDefinition][]) {
    if (definition.of.includes(role)) instruments.set(name, instrument(name, definition, registry));
  }
  (instruments.get("parloir_build") as Gauge | undefined)?.set({ version: manifest.version }, 1);
  return {
    registry,
    get(name) {
      const found = instruments.get(name);
      if (!found) throw new Error(`${name} is not a metric of ${role}`);
      return found as Instrument<typeof name>;
    },
  };
}

function instrument(name: string, definition: MetricDefinition, registry: Registry): unknown {
  const options = { name, help: definition.help, labelNames: [...definition.labels], registers: [registry] };
  if (definition.kind === "counter") return new Counter(options);
  if (definition.kind === "gauge") return new Gauge(options);
  return new Histogram({ ...options, buckets: [...(definition.buckets ?? latencyBuckets)] });
}
