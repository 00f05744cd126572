import type { AlertCase } from "./alert-case.ts";

interface Cause {
  alert: string;
  what: string;
  series: Record<string, string>;
  at: string;
  fires?: Record<string, string>;
}

const of = (metric: string, ...labels: string[]) => `${metric}{${[...labels, `node="gw1"`].join(",")}}`;
const onNode = { node: "gw1" };
const everyRole = {
  'up{job="api",instance="api1:9100"}': "1x12",
  'up{job="worker",instance="worker1:9100"}': "1x12",
};

/** Asked every minute. */
const causes: Cause[] = [
  {
    alert: "ProcessDown",
    what: "one of two does not answer",
    series: { [up("gateway1")]: "1x3 0x7", [up("gateway2")]: "1x11" },
    at: "9m",
    fires: { job: "gateway", instance: "gateway1:9100" },
  },
  { alert: "ProcessDown", what: "one scrape failed", series: { [up("gateway1")]: "1x3 0 1x7" }, at: "4m" },
  {
    alert: "ProcessDown",
    what: "somebody else's target is down",
    series: { 'up{job="node",instance="host:9100"}': "0x9" },
    at: "9m",
  },
  {
    alert: "RoleGone",
    what: "the last one of a role is no target any more",
    series: { ...everyRole, [up("gateway1")]: "1x3" },
    // A series is looked for in the five minutes before.
    at: "12m",
    fires: { job: "gateway" },
  },
  {
    alert: "RoleGone",
    what: "one of two is no target any more",
    series: { ...everyRole, [up("gateway1")]: "1x3", [up("gateway2")]: "1x12" },
    at: "12m",
  },
  {
    alert: "RoleGone",
    what: "one does not answer",
    series: { ...everyRole, [up("gateway1")]: "1x3 0x9" },
    at: "12m",
  },
  {
    alert: "QueueStuck",
    what: "its oldest job grows old",
    series: { [of("parloir_queue_oldest_seconds", `queue="notify"`)]: "0+60x9" },
    at: "9m",
    fires: { queue: "notify" },
  },
  {
    alert: "QueueStuck",
    what: "jobs wait for half a minute",
    series: { [of("parloir_queue_oldest_seconds", `queue="notify"`)]: "30x9" },
    at: "9m",
  },
  {
    alert: "QueueStuck",
    what: "an old job is taken up again at once",
    series: { [of("parloir_queue_oldest_seconds", `queue="notify"`)]: "0x4 90 0x4" },
    at: "5m",
  },
  {
    alert: "OutboxWaits",
    what: "its oldest row grows old, whatever is known of queues",
    series: { [of("parloir_outbox_oldest_seconds")]: "0+60x9" },
    at: "9m",
    fires: {},
  },
  {
    alert: "OutboxWaits",
    what: "one of two workers knows",
    series: {
      [of("parloir_outbox_oldest_seconds")]: "_x9",
      'parloir_outbox_oldest_seconds{node="worker2"}': "0+60x9",
    },
    at: "9m",
    fires: {},
  },
  {
    alert: "OutboxWaits",
    what: "rows wait for half a minute",
    series: { [of("parloir_outbox_oldest_seconds")]: "30x9" },
    at: "9m",
  },
  {
    alert: "OutboxWaits",
    what: "an old row is done at once",
    series: { [of("parloir_outbox_oldest_seconds")]: "0x4 90 0x4" },
    at: "5m",
  },
  {
    alert: "PublishFails",
    what: "publishes fail",
    series: { [of("parloir_publishes_total", `outcome="failed"`)]: "0+3x9" },
    at: "9m",
    fires: {},
  },
  {
    alert: "PublishFails",
    what: "they failed, and do so no more",
    series: { [of("parloir_publishes_total", `outcome="failed"`)]: "0+3x4 12x9" },
    at: "9m",
  },
  {
    alert: "PublishFails",
    what: "nobody listens",
    series: { [of("parloir_publishes_total", `outcome="nobody"`)]: "0+3x9" },
    at: "9m",
  },
  {
    alert: "PoolWaits",
    what: "somebody waits all the time",
    series: { [of("parloir_database_pool", `state="waiting"`)]: "3x9" },
    at: "9m",
    fires: { ...onNode, state: "waiting" },
  },
  {
    alert: "PoolWaits",
    what: "now and then nobody waits",
    series: { [of("parloir_database_pool", `state="waiting"`)]: "3x5 0 3x3" },
    at: "9m",
  },
  {
    alert: "PoolWaits",
    what: "all connections are open",
    series: { [of("parloir_database_pool", `state="total"`)]: "10x9" },
    at: "9m",
  },
  {
    alert: "ReplicaBehind",
    what: "it does not follow",
    series: { [of("parloir_replica_behind_seconds", `replica="r1"`)]: "0 0 1+60x9" },
    at: "9m",
    fires: { replica: "r1" },
  },
  {
    alert: "ReplicaBehind",
    what: "it catches up within five minutes",
    series: { [of("parloir_replica_behind_seconds", `replica="r1"`)]: "0 0 1+60x3 0x5" },
    at: "9m",
  },
  {
    alert: "Resyncs",
    what: "clients are told to reload again and again",
    series: { [of("parloir_gaps_total", `outcome="resync"`)]: "0+1x15" },
    at: "15m",
    fires: {},
  },
  {
    alert: "Resyncs",
    what: "they were told once",
    series: { [of("parloir_gaps_total", `outcome="resync"`)]: "0x4 1x11" },
    at: "15m",
  },
  {
    alert: "Resyncs",
    what: "gaps are repaired",
    series: { [of("parloir_gaps_total", `outcome="repaired"`)]: "0+9x15" },
    at: "15m",
  },
  {
    alert: "SlowReaders",
    what: "six a minute are cut, of both kinds",
    series: {
      [of("parloir_connections_cut_total", `reason="slow_reader"`)]: "0+4x15",
      [of("parloir_connections_cut_total", `reason="stuck_reader"`)]: "0+2x15",
    },
    at: "15m",
    fires: {},
  },
  {
    alert: "SlowReaders",
    what: "four a minute",
    series: { [of("parloir_connections_cut_total", `reason="slow_reader"`)]: "0+4x15" },
    at: "15m",
  },
  {
    alert: "SlowReaders",
    what: "many are cut for something else",
    series: { [of("parloir_connections_cut_total", `reason="rate_limited"`)]: "0+90x15" },
    at: "15m",
  },
  {
    alert: "JobsFail",
    what: "nine a minute fail",
    series: { [of("parloir_jobs_total", `queue="push"`, `outcome="failed"`)]: "0+9x30" },
    at: "30m",
    fires: { queue: "push" },
  },
  {
    alert: "JobsFail",
    what: "a hundred failed within a minute",
    series: { [of("parloir_jobs_total", `queue="push"`, `outcome="failed"`)]: "0x10 100x20" },
    at: "19m",
  },
  {
    alert: "JobsFail",
    what: "jobs are done",
    series: { [of("parloir_jobs_total", `queue="push"`, `outcome="completed"`)]: "0+900x30" },
    at: "30m",
  },
  {
    alert: "EventLoopLag",
    what: "it lags all the time",
    series: { [of("nodejs_eventloop_lag_p99_seconds")]: "0.3x9" },
    at: "9m",
    fires: onNode,
  },
  {
    alert: "EventLoopLag",
    what: "it lagged once",
    series: { [of("nodejs_eventloop_lag_p99_seconds")]: "0.05x6 2 0.05x2" },
    at: "7m",
  },
  {
    alert: "UnhandledRejection",
    what: "there was one",
    series: { [of("parloir_unhandled_rejections_total")]: "0x4 1x5" },
    at: "9m",
    fires: onNode,
  },
  {
    alert: "UnhandledRejection",
    what: "it was long ago",
    series: { [of("parloir_unhandled_rejections_total")]: "0x4 1x30" },
    at: "30m",
  },
];

function up(host: string): string {
  return `up{job="gateway",instance="${host}:9100"}`;
}

export const causeCases = (): AlertCase[] =>
  causes.map(({ alert, what, series, at, fires = null }) => {
    return { name: `${alert}: ${what}`, alert: `Parloir${alert}`, interval: "1m", series, at, fires };
  });
