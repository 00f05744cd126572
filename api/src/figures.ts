import { CodedError } from "@parloir/contracts/errors.ts";
import {
  type Durations,
  defaultStatsDays,
  type Figures,
  longestHourlyDays,
  longestStatsDays,
  type MeasureFigures,
  type ResponseTimes,
  type ResponseTimesQuery,
} from "@parloir/contracts/stats.ts";
import type { Database } from "@parloir/store/database.ts";
import {
  type DurationsRow,
  type FiguresRow,
  readFigures,
  readWaiting,
  type WaitFilter,
} from "@parloir/store/figures.ts";

const dayMs = 86_400_000;

/** @throws CodedError INVALID when the time asked for is too long */
export async function responseTimes(database: Database, query: ResponseTimesQuery): Promise<ResponseTimes> {
  const { from, to } = boundsOf(query);
  const { by = "start", zone = "UTC", groupBy = null } = query;
  const filter: WaitFilter = { from, to, by, agentId: query.agentId ?? null, kind: query.kind ?? null };
  const [rows, waiting] = await Promise.all([
    readFigures(database, filter, zone, groupBy),
    readWaiting(database, filter),
  ]);
  const totals = rows.filter((row) => row.total);
  const keys = [...new Set(rows.filter((row) => !row.total).map((row) => row.key))];
  return {
    from,
    to,
    by,
    zone,
    ...byMeasure(totals),
    groups:
      groupBy &&
      keys.map((key) => ({ key, ...byMeasure(rows.filter((row) => !row.total && row.key === key)) })),
    waiting: {
      n: waiting.n,
      oldestSeconds: seconds(waiting.oldestMs),
      oldestBusinessSeconds: seconds(waiting.oldestBusinessMs),
    },
  };
}

/** Up to now, and the last month, unless the query says otherwise. */
function boundsOf({ from, to, groupBy }: ResponseTimesQuery): { from: string; to: string } {
  const end = to === undefined ? Date.now() : Date.parse(to);
  const start = from === undefined ? end - defaultStatsDays * dayMs : Date.parse(from);
  const longestDays = groupBy === "hour" ? longestHourlyDays : longestStatsDays;
  if (start > end) throw new CodedError("INVALID", "from is after to");
  if (end - start > longestDays * dayMs)
    throw new CodedError("INVALID", `from and to are more than ${longestDays} days apart`);
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
}

function byMeasure(rows: FiguresRow[]): MeasureFigures {
  const of = (measure: string) => figuresOf(rows.find((row) => row.measure === measure));
  return { firstReply: of("first_reply"), nextReply: of("next_reply"), resolution: of("resolution") };
}

const none: DurationsRow = { n: 0, mean: null, percentiles: null, max: null };

function figuresOf(row: FiguresRow | undefined): Figures {
  return {
    ...durationsOf(row?.calendar ?? none),
    unanswered: row?.unanswered ?? 0,
    open: row?.open ?? 0,
    business: durationsOf(row?.business ?? none),
  };
}

function durationsOf({ n, mean, percentiles, max }: DurationsRow): Durations {
  const [p50 = null, p90 = null, p95 = null, p99 = null] = percentiles ?? [];
  return {
    n,
    mean: seconds(mean),
    p50: seconds(p50),
    p90: seconds(p90),
    p95: seconds(p95),
    p99: seconds(p99),
    max: seconds(max),
  };
}

/** To the millisecond, which is what times are kept to. */
export function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms) / 1_000;
}
