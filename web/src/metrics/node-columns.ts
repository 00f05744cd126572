import type { NodeRole, NodeSnapshot } from "@parloir/contracts/cluster.ts";
import type { FigureFormats } from "./format.ts";
import type { MetricsTexts } from "./texts.ts";

export interface Column {
  title: string;
  /** Null: nothing was observed. */
  read: (node: NodeSnapshot) => string | null;
}

/** What a role's table shows; each with its unit. */
export function columnsOf(role: NodeRole, t: MetricsTexts, formats: FigureFormats): Column[] {
  const ownColumns = { gateway: gatewayColumns, api: apiColumns, worker: workerColumns };
  return [...ownColumns[role](t, formats), ...processColumns(t, formats)];
}

function processColumns(t: MetricsTexts, formats: FigureFormats): Column[] {
  return [
    { title: t.cpu, read: ({ cpu }) => formats.percent(cpu) },
    { title: t.memory, read: ({ memoryBytes }) => `${formats.megabytes(memoryBytes)} MB` },
    { title: t.redisTrip, read: ({ roundTrips }) => milliseconds(roundTrips?.redis, t, formats) },
    { title: t.lag, read: ({ eventLoopLagSeconds }) => milliseconds(eventLoopLagSeconds, t, formats) },
  ];
}

function gatewayColumns(t: MetricsTexts, formats: FigureFormats): Column[] {
  const { count, rate, percent } = formats;
  const of =
    (read: (figures: NonNullable<NodeSnapshot["gateway"]>) => string | null) => (node: NodeSnapshot) =>
      node.gateway ? read(node.gateway) : null;
  return [
    { title: t.sockets, read: of(({ sockets }) => count(sockets)) },
    { title: t.rooms, read: of(({ rooms }) => count(rooms)) },
    { title: t.sent, read: of(({ sendsPerSecond }) => `${rate(sendsPerSecond)} ${t.perSecond}`) },
    {
      title: t.delivered,
      read: of(({ deliveriesPerSecond }) => `${rate(deliveriesPerSecond)} ${t.perSecond}`),
    },
    { title: t.pushed, read: of(({ pushedShare }) => (pushedShare === null ? null : percent(pushedShare))) },
    { title: t.repaired, read: of(({ gapsRepaired }) => count(gapsRepaired)) },
    { title: t.reloaded, read: of(({ resyncs }) => count(resyncs)) },
    {
      title: t.synced,
      read: of(
        ({ syncsFromRing, syncsFromDatabase }) => `${count(syncsFromRing)} / ${count(syncsFromDatabase)}`,
      ),
    },
    { title: t.cut, read: of(({ slowReadersCut }) => count(slowReadersCut)) },
    { title: t.refused, read: of(({ handshakesRefused }) => count(handshakesRefused)) },
  ];
}

function apiColumns(t: MetricsTexts, formats: FigureFormats): Column[] {
  const { rate } = formats;
  const of = (read: (figures: NonNullable<NodeSnapshot["api"]>) => string | null) => (node: NodeSnapshot) =>
    node.api ? read(node.api) : null;
  return [
    { title: t.requests, read: of(({ requestsPerSecond }) => `${rate(requestsPerSecond)} ${t.perSecond}`) },
    { title: t.committed, read: of(({ messagesPerSecond }) => `${rate(messagesPerSecond)} ${t.perSecond}`) },
    { title: t.commitSize, read: of(({ commitSize }) => (commitSize === null ? null : rate(commitSize))) },
    { title: t.commit, read: of(({ commit }) => milliseconds(commit?.p99, t, formats)) },
    { title: t.pool, read: of(({ pool }) => poolOf(pool, formats)) },
    { title: t.postgresTrip, read: ({ roundTrips }) => milliseconds(roundTrips?.postgres, t, formats) },
  ];
}

function workerColumns(t: MetricsTexts, formats: FigureFormats): Column[] {
  const { rate } = formats;
  const of =
    (read: (figures: NonNullable<NodeSnapshot["worker"]>) => string | null) => (node: NodeSnapshot) =>
      node.worker ? read(node.worker) : null;
  return [
    { title: t.jobs, read: of(({ jobsPerSecond }) => `${rate(jobsPerSecond)} ${t.perSecond}`) },
    {
      title: t.failedJobs,
      read: of(({ failedJobsPerSecond }) => `${rate(failedJobsPerSecond)} ${t.perSecond}`),
    },
    { title: t.job, read: of(({ job }) => milliseconds(job?.p99, t, formats)) },
    { title: t.outboxAge, read: of(({ outboxAge }) => milliseconds(outboxAge?.p99, t, formats)) },
    { title: t.pool, read: of(({ pool }) => poolOf(pool, formats)) },
    { title: t.postgresTrip, read: ({ roundTrips }) => milliseconds(roundTrips?.postgres, t, formats) },
  ];
}

function milliseconds(
  seconds: number | null | undefined,
  t: MetricsTexts,
  formats: FigureFormats,
): string | null {
  return seconds === undefined || seconds === null
    ? null
    : `${formats.milliseconds(seconds)} ${t.milliseconds}`;
}

function poolOf(pool: { total: number; idle: number; waiting: number }, { count }: FigureFormats): string {
  return `${count(pool.total - pool.idle)} / ${count(pool.total)} / ${count(pool.waiting)}`;
}
