import type { Clock, Measure, MeasuredKind, Outcome, WaitLine } from "@parloir/contracts/stats.ts";
import type { Database, Reader } from "./database.ts";

/** Figures of `waits`: see contracts/src/stats.ts. Percentiles are of the waits themselves. */

export interface WaitFilter {
  from: string | null;
  to: string | null;
  by: "start" | "end";
  agentId: string | null;
  kind: MeasuredKind | null;
}

/** Who has it while it waits, or had it at the end. */
const assignee = `COALESCE(w.assignee_id, (SELECT c.assignee_id FROM conversations c
  WHERE w.outcome = 'open' AND c.id = w.conversation_id))`;
/** Who is accountable: who answered, else who has it. */
const who = `COALESCE(w.agent_id, ${assignee})`;
const tookOf: Record<Clock, string> = { calendar: "w.ms", business: "w.business_ms" };
const columnOf = { start: "w.started_at", end: "w.ended_at" } as const;
const isGood = "outcome IN ('answered', 'resolved')";

const within = (by: "start" | "end") => `
  ${columnOf[by]} >= $1::timestamptz AND ${columnOf[by]} < $2::timestamptz
  AND ($3::text IS NULL OR ${who} = $3) AND ($4::text IS NULL OR w.kind = $4)`;
// Bounds are always there: one that may be missing keeps the index out of a plan that is made once for all values.
const valuesOf = ({ from, to, agentId, kind }: WaitFilter) => [
  from ?? "-infinity",
  to ?? "infinity",
  agentId,
  kind,
];

export type GroupBy = "hour" | "day" | "hour_of_week" | "agent";
/** ISO weekday and hour in a zone, as «1-09». */
const hourOfWeekOf = (column: string, zone: string) => `to_char(${column} AT TIME ZONE ${zone}, 'ID-HH24')`;
const keyOf: Record<GroupBy, (column: string) => string> = {
  // An hour keeps its own offset, so that the hour which a clock repeats is two.
  hour: (column) => `to_char(date_trunc('hour', ${column}, $5), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
  day: (column) => `to_char(${column} AT TIME ZONE $5, 'YYYY-MM-DD')`,
  hour_of_week: (column) => hourOfWeekOf(column, "$5"),
  agent: () => `CASE WHEN $5::text IS NOT NULL THEN ${who} END`,
};

export interface DurationsRow {
  n: number;
  mean: number | null;
  /** p50, p90, p95, p99; all durations in milliseconds. */
  percentiles: number[] | null;
  max: number | null;
}

export interface FiguresRow {
  measure: Measure;
  /** True for the one row of a measure that is over all groups. */
  total: boolean;
  key: string | null;
  calendar: DurationsRow;
  business: DurationsRow;
  unanswered: number;
  open: number;
}

const durations = (column: string) => {
  const good = `FILTER (WHERE ${isGood} AND ${column} IS NOT NULL)`;
  return `json_build_object('n', count(*) ${good}, 'mean', avg(${column}) ${good}, 'max', max(${column}) ${good},
    'percentiles', percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY ${column}) ${good})`;
};

/** @param groupBy null: only the totals */
export async function readFigures(
  reader: Reader,
  filter: WaitFilter,
  zone: string,
  groupBy: GroupBy | null,
): Promise<FiguresRow[]> {
  const { by } = filter;
  const key = groupBy ? keyOf[groupBy](columnOf[by]) : "$5::text";
  return reader.query<FiguresRow>({
    name: `read-figures-${by}-${groupBy}`,
    text: `SELECT measure, ${groupBy ? "grouping(key) = 1" : "true"} AS total, key,
        ${durations("ms")} AS calendar, ${durations("business_ms")} AS business,
        count(*) FILTER (WHERE outcome = 'closed_unanswered') AS unanswered,
        count(*) FILTER (WHERE outcome = 'open') AS open
      FROM (SELECT w.*, ${key} AS key FROM waits w WHERE ${within(by)}) x
      GROUP BY ${groupBy ? "GROUPING SETS ((measure), (measure, key))" : "measure, key"}
      ORDER BY key NULLS FIRST, measure`,
    values: [...valuesOf(filter), zone],
  });
}

export interface DistributionRow {
  measure: Measure;
  /** 0 is up to the first bound, and so on; the number of bounds is above the last. */
  bucket: number;
  n: number;
}

/** How many took how long, of those that ended as hoped. @param bounds seconds, ascending; a bucket holds its upper end */
export async function readDistribution(
  reader: Reader,
  filter: WaitFilter,
  bounds: readonly number[],
  clock: Clock,
): Promise<DistributionRow[]> {
  const { by } = filter;
  const took = tookOf[clock];
  return reader.query<DistributionRow>({
    name: `read-distribution-${by}-${clock}`,
    text: `SELECT w.measure, width_bucket(${took} - 1, $5::bigint[]) AS bucket, count(*) AS n
      FROM waits w WHERE ${within(by)} AND w.${isGood} AND ${took} IS NOT NULL GROUP BY 1, 2`,
    values: [...valuesOf(filter), bounds.map((seconds) => seconds * 1_000)],
  });
}

export interface WaitingRow {
  n: number;
  oldestMs: number | null;
  oldestBusinessMs: number | null;
}

/** What waits now. `from` and `to` are of no matter. */
export async function readWaiting(reader: Reader, filter: WaitFilter): Promise<WaitingRow> {
  const rows = await reader.query<WaitingRow>({
    name: "read-waiting",
    text: `SELECT n, (extract(epoch FROM now() - oldest) * 1000)::float8 AS "oldestMs",
        business_ms(oldest, now()) AS "oldestBusinessMs"
      FROM (SELECT count(*) AS n, min(w.started_at) AS oldest FROM waits w
        WHERE w.outcome = 'open' AND ${within("start")}) x`,
    values: valuesOf({ ...filter, from: null, to: null }),
  });
  return rows[0]!;
}

export interface WaitListFilter extends WaitFilter {
  nobody: boolean;
  measure: Measure | null;
  outcome: Outcome | null;
  /** Milliseconds: longer than the one, and not longer than the other. */
  longerThanMs: number | null;
  upToMs: number | null;
  clock: Clock;
  /** As «1-09», in `zone`. */
  hourOfWeek: string | null;
  zone: string;
  sort: "newest" | "oldest";
  /** Keyset: strictly behind this line. */
  after: { at: string; conversationId: string; cycle: number; startSeq: number } | null;
  limit: number;
}

/** By start or end, as `by` says. */
export async function listWaits(reader: Reader, filter: WaitListFilter): Promise<WaitLine[]> {
  const { by, sort, after, clock } = filter;
  const took = tookOf[clock];
  const column = columnOf[by];
  const direction = sort === "newest" ? "DESC" : "ASC";
  const keys = [column, "w.conversation_id", "w.cycle", "w.start_seq"];
  const rows = await reader.query<WaitRow>({
    name: `list-waits-${by}-${sort}-${clock}`,
    text: `SELECT ${waitColumns} FROM waits w
      WHERE ${within(by)} AND (NOT $5 OR ${who} IS NULL)
        AND ($6::text IS NULL OR w.measure = $6) AND ($7::text IS NULL OR w.outcome = $7)
        AND ($13::bigint IS NULL OR ${took} > $13) AND ($14::bigint IS NULL OR ${took} <= $14)
        AND ($15::text IS NULL OR ${hourOfWeekOf(column, "$16::text")} = $15)
        AND ($8::timestamptz IS NULL
          OR (${keys.join(", ")}) ${sort === "newest" ? "<" : ">"} ($8, $9::uuid, $10::int, $11::bigint))
      ORDER BY ${keys.map((key) => `${key} ${direction}`).join(", ")} LIMIT $12`,
    values: [
      ...valuesOf({ ...filter, ...boundsBehind(filter) }),
      filter.nobody,
      filter.measure,
      filter.outcome,
      after?.at ?? null,
      after?.conversationId ?? null,
      after?.cycle ?? null,
      after?.startSeq ?? null,
      filter.limit,
      filter.longerThanMs,
      filter.upToMs,
      filter.hourOfWeek,
      filter.zone,
    ],
  });
  return rows.map(lineOf);
}

/** What is open is told with the time it waited so far. */
const waitColumns = `w.conversation_id AS "conversationId", w.cycle, w.start_seq AS "startSeq", w.end_seq AS "endSeq",
  w.measure, w.kind, w.outcome, w.started_at AS "startedAt", w.ended_at AS "endedAt", w.agent_id AS "agentId",
  ${assignee} AS "assigneeId",
  COALESCE(w.ms, extract(epoch FROM now() - w.started_at) * 1000)::float8 AS ms,
  CASE WHEN w.outcome = 'open' THEN business_ms(w.started_at, now()) ELSE w.business_ms END AS "businessMs"`;

type WaitRow = Omit<WaitLine, "seconds" | "businessSeconds"> & { ms: number; businessMs: number | null };

function lineOf({ ms, businessMs, ...line }: WaitRow): WaitLine {
  return {
    ...line,
    seconds: ms / 1_000,
    businessSeconds: businessMs === null ? null : businessMs / 1_000,
  };
}

/** Of these conversations, newest first. */
export async function waitsOf(
  database: Database,
  conversationIds: string[],
  limit: number,
): Promise<WaitLine[]> {
  const rows = await database.query<WaitRow>({
    name: "waits-of-conversations",
    text: `SELECT ${waitColumns} FROM waits w WHERE w.conversation_id = ANY ($1::uuid[])
      ORDER BY w.started_at DESC, w.conversation_id, w.cycle, w.start_seq LIMIT $2`,
    values: [conversationIds, limit],
  });
  return rows.map(lineOf);
}

/** Where a page begins, as bounds that an index can use. */
function boundsBehind({ from, to, sort, after }: WaitListFilter): { from: string | null; to: string | null } {
  if (!after) return { from, to };
  return sort === "oldest"
    ? { from: after.at, to }
    : { from, to: new Date(Date.parse(after.at) + 1).toISOString() };
}

export interface SellerRow {
  samples: number;
  answered: number;
  medianMs: number | null;
}

/**
 * How a person answers those who first write to them. What waits for less than `graceHours` is no sample yet; what
 * waits longer counts as not answered, so ignoring somebody cannot improve the rate.
 */
export async function readSeller(
  reader: Reader,
  userId: string,
  days: number,
  graceHours: number,
): Promise<SellerRow> {
  const rows = await reader.query<SellerRow>({
    name: "read-seller",
    text: `SELECT count(*) AS samples, count(*) FILTER (WHERE outcome = 'answered') AS answered,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE outcome = 'answered') AS "medianMs"
      FROM waits
      WHERE kind = 'direct' AND measure = 'first_reply' AND assignee_id = $1
        AND started_at > now() - make_interval(days => $2)
        AND (outcome = 'answered' OR started_at < now() - make_interval(hours => $3))`,
    values: [userId, days, graceHours],
  });
  return rows[0]!;
}
