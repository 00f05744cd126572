/** Grafana's dashboards as code: what is shown, and the JSON that Grafana reads. */

type Unit = "s" | "short" | "ops" | "bytes" | "percentunit" | "Bps";

interface Panel {
  title: string;
  unit: Unit;
  /** By what the legend says. */
  series: Record<string, string>;
}

interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
}

const rate = (metric: string, by = "") => `sum${by && ` by (${by})`} (rate(${metric}[$__rate_interval]))`;
const quantile = (share: number, histogram: string, by = "") =>
  `histogram_quantile(${share}, sum by (le${by && `, ${by}`}) (rate(${histogram}_bucket[$__rate_interval])))`;
const quantiles = (histogram: string) => ({
  p50: quantile(0.5, histogram),
  p95: quantile(0.95, histogram),
  p99: quantile(0.99, histogram),
});
const perNode = (title: string, unit: Unit, expr: string): Panel => ({
  title,
  unit,
  series: { "{{node}}": expr },
});

const processes = (job: string): Panel[] => [
  perNode("CPU", "percentunit", `rate(process_cpu_seconds_total{job="${job}"}[$__rate_interval])`),
  perNode("Memory", "bytes", `process_resident_memory_bytes{job="${job}"}`),
  perNode("Event loop lag p99", "s", `nodejs_eventloop_lag_p99_seconds{job="${job}"}`),
];

export const dashboards: Dashboard[] = [
  {
    uid: "parloir-cluster",
    title: "Parloir: cluster",
    panels: [
      { title: "Send to receive", unit: "s", series: quantiles("parloir_delivery_seconds") },
      { title: "Send to ack", unit: "s", series: quantiles("parloir_ack_seconds") },
      {
        title: "Canary across gateways, p99",
        unit: "s",
        series: {
          ack: quantile(0.99, "parloir_canary_ack_seconds"),
          received: quantile(0.99, "parloir_canary_delivery_seconds"),
        },
      },
      {
        title: "Canary's rounds",
        unit: "ops",
        series: { "{{outcome}}": rate("parloir_canary_total", "outcome") },
      },
      {
        title: "Messages a second",
        unit: "ops",
        series: {
          committed: rate('parloir_messages_committed_total{outcome="ok"}'),
          delivered: rate("parloir_messages_delivered_total"),
        },
      },
      perNode("Sockets", "short", "parloir_sockets"),
      {
        title: "Bad share of an hour",
        unit: "percentunit",
        series: { "{{level}}": '{__name__=~"parloir:.+:bad_share_1h"}' },
      },
      { title: "Processes that answer", unit: "short", series: { "{{job}}": "sum by (job) (up)" } },
    ],
  },
  {
    uid: "parloir-gateway",
    title: "Parloir: gateways",
    panels: [
      ...processes("gateway"),
      perNode("Sockets", "short", "parloir_sockets"),
      perNode("Rooms", "short", "parloir_rooms"),
      {
        title: "Handshakes",
        unit: "ops",
        series: { "{{outcome}}": rate("parloir_handshakes_total", "outcome") },
      },
      { title: "Commands", unit: "ops", series: { "{{event}}": rate("parloir_commands_total", "event") } },
      {
        title: "Commands that failed",
        unit: "ops",
        series: {
          "{{event}} {{outcome}}": rate('parloir_commands_total{outcome!="ok"}', "event, outcome"),
        },
      },
      {
        title: "Messages released",
        unit: "ops",
        series: { "{{source}}": rate("parloir_messages_delivered_total", "source") },
      },
      { title: "Gaps", unit: "ops", series: { "{{outcome}}": rate("parloir_gaps_total", "outcome") } },
      { title: "Resumes", unit: "ops", series: { "{{source}}": rate("parloir_sync_total", "source") } },
      {
        title: "Connections cut",
        unit: "ops",
        series: { "{{reason}}": rate("parloir_connections_cut_total", "reason") },
      },
      {
        title: "Refused by a limit",
        unit: "ops",
        series: { "{{limit}}": rate("parloir_limit_refusals_total", "limit") },
      },
      {
        title: "Calls to the api, p99",
        unit: "s",
        series: { "{{route}}": quantile(0.99, "parloir_api_call_seconds", "route") },
      },
    ],
  },
  {
    uid: "parloir-api",
    title: "Parloir: apis",
    panels: [
      ...processes("api"),
      {
        title: "Requests",
        unit: "ops",
        series: { "{{status}}": rate("parloir_http_requests_total", "status") },
      },
      {
        title: "Requests, p99",
        unit: "s",
        series: { "{{route}}": quantile(0.99, "parloir_http_request_seconds", "route") },
      },
      { title: "Commit", unit: "s", series: quantiles("parloir_commit_seconds") },
      {
        title: "Who answers what a replica may",
        unit: "ops",
        series: { "{{outcome}}": rate("parloir_replica_reads_total", "outcome") },
      },
      {
        title: "Messages per commit",
        unit: "short",
        series: { mean: `${rate("parloir_commit_size_sum")} / ${rate("parloir_commit_size_count")}` },
      },
      {
        title: "Send results",
        unit: "ops",
        series: { "{{outcome}}": rate("parloir_messages_committed_total", "outcome") },
      },
      {
        title: "Publishes",
        unit: "ops",
        series: { "{{outcome}}": rate("parloir_publishes_total", "outcome") },
      },
      { title: "Uploads", unit: "Bps", series: { bytes: rate("parloir_upload_bytes_total") } },
    ],
  },
  {
    uid: "parloir-worker",
    title: "Parloir: workers",
    panels: [
      ...processes("worker"),
      { title: "Age of what is relayed", unit: "s", series: quantiles("parloir_outbox_lag_seconds") },
      { title: "Oldest in the outbox", unit: "s", series: { oldest: "max(parloir_outbox_oldest_seconds)" } },
      {
        title: "Jobs",
        unit: "ops",
        series: { "{{queue}} {{outcome}}": rate("parloir_jobs_total", "queue, outcome") },
      },
      {
        title: "Jobs, p99",
        unit: "s",
        series: { "{{queue}}": quantile(0.99, "parloir_job_seconds", "queue") },
      },
      {
        title: "Oldest job",
        unit: "s",
        series: { "{{queue}}": "max by (queue) (parloir_queue_oldest_seconds)" },
      },
      {
        title: "Jobs in queues",
        unit: "short",
        series: { "{{queue}} {{state}}": "max by (queue, state) (parloir_queue_jobs)" },
      },
      { title: "Assigned by themselves", unit: "ops", series: { given: rate("parloir_assignments_total") } },
    ],
  },
  {
    uid: "parloir-stores",
    title: "Parloir: Postgres and Redis, as the processes see them",
    panels: [
      {
        title: "Postgres pool",
        unit: "short",
        series: { "{{node}} {{state}}": "parloir_database_pool" },
      },
      { title: "Commit", unit: "s", series: quantiles("parloir_commit_seconds") },
      {
        title: "Round trip, p99",
        unit: "s",
        series: { "{{store}}": quantile(0.99, "parloir_store_round_trip_seconds", "store") },
      },
      {
        title: "Publishes that failed",
        unit: "ops",
        series: { "{{node}}": rate('parloir_publishes_total{outcome="failed"}', "node") },
      },
      {
        title: "Limits told to Redis",
        unit: "ops",
        series: { "{{outcome}}": rate("parloir_limit_checks_total", "outcome") },
      },
    ],
  },
  {
    uid: "parloir-response-times",
    title: "Parloir: response times",
    panels: [
      {
        title: "Median",
        unit: "s",
        series: { "{{measure}} {{kind}}": quantile(0.5, "parloir_wait_seconds", "measure, kind") },
      },
      {
        title: "p90",
        unit: "s",
        series: { "{{measure}} {{kind}}": quantile(0.9, "parloir_wait_seconds", "measure, kind") },
      },
      {
        title: "Ended by a reply or a closing",
        unit: "ops",
        series: { "{{measure}}": rate("parloir_wait_seconds_count", "measure") },
      },
      {
        title: "Closed without a reply",
        unit: "ops",
        series: { "{{measure}}": rate("parloir_waits_unanswered_total", "measure") },
      },
    ],
  },
];

const source = { type: "prometheus", uid: "prometheus" };
const columns = 2;
const size = { w: 24 / columns, h: 8 };

export function renderDashboard({ uid, title, panels }: Dashboard): string {
  const model = {
    uid,
    title,
    tags: ["parloir"],
    timezone: "browser",
    schemaVersion: 39,
    refresh: "10s",
    time: { from: "now-1h", to: "now" },
    panels: panels.map((panel, index) => ({
      id: index + 1,
      type: "timeseries",
      title: panel.title,
      datasource: source,
      gridPos: { ...size, x: (index % columns) * size.w, y: Math.floor(index / columns) * size.h },
      fieldConfig: { defaults: { unit: panel.unit, min: 0 }, overrides: [] },
      options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
      targets: Object.entries(panel.series).map(([legendFormat, expr], target) => ({
        refId: String.fromCharCode(65 + target),
        datasource: source,
        expr,
        legendFormat,
      })),
    })),
  };
  return `${JSON.stringify(model, null, 2)}\n`;
}

export const fileOf = ({ uid }: Dashboard) => new URL(`dashboards/${uid}.json`, import.meta.url);
