import { type BurnRate, badShare, serviceLevels } from "./service-levels.ts";

export interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

const capitalised = (text: string) => text[0]!.toUpperCase() + text.slice(1);
const shareName = (level: string, window: string) => `parloir:${level}:bad_share_${window}`;
const { levels, burnRates } = serviceLevels;

/** What every window asks for, once. */
export function recordingRules(): Rule[] {
  const windows = [...new Set(burnRates.flatMap(({ long, short }) => [short, long]))];
  return Object.entries(levels).flatMap(([name, level]) =>
    windows.map((window) => ({
      record: shareName(name, window),
      expr: badShare(level, window),
      labels: { level: name },
    })),
  );
}

/** One alert for each level and severity: both windows of a burn rate exceed it. */
export function burnAlerts(): Rule[] {
  const severities = [...new Set(burnRates.map(({ severity }) => severity))];
  return Object.entries(levels).flatMap(([name, { title, objective }]) =>
    severities.map((severity) => ({
      alert: `Parloir${capitalised(name)}Budget${severity === "page" ? "Fast" : "Slow"}`,
      expr: burnRates
        .filter((rate) => rate.severity === severity)
        .map((rate) => burns(name, objective, rate))
        .join("\n  or\n"),
      labels: { severity, level: name },
      annotations: {
        summary: `${title}: the error budget of ${serviceLevels.days} days burns ${severity === "page" ? "fast" : "steadily"}`,
        runbook: `docs/runbooks/${capitalised(name)}Budget.md`,
      },
    })),
  );
}

function burns(name: string, objective: number, { long, short, factor }: BurnRate): string {
  // Rounded: 1 - 0.999 is 0.0010000000000000009.
  const limit = Number((factor * (1 - objective)).toPrecision(6));
  return `(${shareName(name, long)} > ${limit} and ${shareName(name, short)} > ${limit})`;
}

/** Causes that no level shows before it is late, or that no level shows at all. */
const causes: (Rule & { alert: string; severity: "page" | "ticket"; summary: string })[] = [
  {
    alert: "ParloirProcessDown",
    expr: `up{job=~"gateway|api|worker"} == 0`,
    for: "1m",
    severity: "page",
    summary: "{{ $labels.instance }} ({{ $labels.job }}) does not answer",
  },
  {
    // Where targets are discovered, a process that is gone is no target any more, and nothing is 0.
    alert: "ParloirRoleGone",
    expr: ["gateway", "api", "worker"].map((role) => `absent(up{job="${role}"})`).join("\n  or\n"),
    for: "2m",
    severity: "page",
    summary: "there is no {{ $labels.job }} to ask",
  },
  {
    alert: "ParloirQueueStuck",
    expr: "max by (queue) (parloir_queue_oldest_seconds) > 60",
    for: "2m",
    severity: "page",
    summary: "the oldest job of {{ $labels.queue }} has waited for more than a minute",
  },
  {
    alert: "ParloirOutboxWaits",
    expr: "max(parloir_outbox_oldest_seconds) > 60",
    for: "2m",
    severity: "page",
    summary: "what follows from messages has waited in Postgres for more than a minute",
  },
  {
    alert: "ParloirPublishFails",
    expr: `sum(rate(parloir_publishes_total{outcome="failed"}[2m])) > 0`,
    for: "2m",
    severity: "page",
    summary: "the Redis for rooms does not take publishes: messages are delivered about a second late",
  },
  {
    alert: "ParloirPoolWaits",
    expr: `min_over_time(parloir_database_pool{state="waiting"}[5m]) > 0`,
    severity: "ticket",
    summary: "callers on {{ $labels.node }} have waited for a Postgres connection for five minutes",
  },
  {
    alert: "ParloirReplicaBehind",
    expr: "max by (replica) (parloir_replica_behind_seconds) > 0",
    for: "5m",
    severity: "ticket",
    summary: "{{ $labels.replica }} has not followed the primary for five minutes: the primary reads instead",
  },
  {
    alert: "ParloirResyncs",
    expr: `sum(rate(parloir_gaps_total{outcome="resync"}[5m])) > 0`,
    for: "5m",
    severity: "ticket",
    summary: "gateways give up repairing gaps, and clients reload",
  },
  {
    alert: "ParloirSlowReaders",
    expr: `sum(increase(parloir_connections_cut_total{reason=~"slow_reader|stuck_reader"}[10m])) > 50`,
    severity: "ticket",
    summary: "more than 50 readers were cut in ten minutes because they do not read",
  },
  {
    alert: "ParloirJobsFail",
    expr: `sum by (queue) (rate(parloir_jobs_total{outcome="failed"}[10m])) > 0.1`,
    for: "10m",
    severity: "ticket",
    summary: "jobs of {{ $labels.queue }} fail",
  },
  {
    alert: "ParloirEventLoopLag",
    expr: "min_over_time(nodejs_eventloop_lag_p99_seconds[5m]) > 0.2",
    severity: "ticket",
    summary: "{{ $labels.node }} is too busy to answer in time",
  },
  {
    alert: "ParloirUnhandledRejection",
    expr: "sum by (node) (increase(parloir_unhandled_rejections_total[15m])) > 0",
    severity: "ticket",
    summary: "a fault of the program on {{ $labels.node }}",
  },
];

export function causeAlerts(): Rule[] {
  return causes.map(({ severity, summary, ...rule }) => ({
    ...rule,
    labels: { severity },
    annotations: { summary, runbook: `docs/runbooks/${rule.alert.replace(/^Parloir/, "")}.md` },
  }));
}
