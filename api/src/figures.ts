import { CodedError } from "@parloir/contracts/errors.ts";
import {
  type Distribution,
  type DistributionQuery,
  type Durations,
  defaultStatsDays,
  distributionBounds,
  exactDays,
  type Figures,
  longestHourlyDays,
  longestStatsDays,
  type MeasureFigures,
  type ResponseTimes,
  type ResponseTimesQuery,
} from "@parloir/contracts/stats.ts";
import type { Reader } from "@parloir/store/database.ts";
import {
  type DurationsRow,
  type FiguresRow,
  readDistribution,
  readFigures,
  readWaiting,
  type WaitFilter,
} from "@parloir/store/figures.ts";
import { accountablesOf } from "@parloir/store/people.ts";
import { readRolledUp } from "@parloir/store/rollups.ts";
import { figuresOfRollups } from "./rolled-up.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** @throws CodedError INVALID when the time asked for is too long */
export async function responseTimes(reader: Reader, query: ResponseTimesQuery): Promise<ResponseTimes> {
  const { from, to, exact } = boundsOf(query);
  const { by = "start", zone = "UTC", groupBy = null } = query;
  const filter: WaitFilter = { from, to, by, agentId: query.agentId ?? null, kind: query.kind ?? null };
  const [rows, waiting] = await Promise.all([
    exact || groupBy === "hour_of_week"
      ? readFigures(reader, filter, zone, groupBy)
      : readRolledUp(reader, filter, zone, groupBy).then((rolled) =>
          figuresOfRollups(rolled, groupBy !== null),
        ),
    readWaiting(reader, filter),
  ]);
  const totals = rows.filter((row) => row.total);
  const keys = [...new Set(rows.filter((row) => !row.total).map((row) => row.key))];
  const people =
    groupBy === "agent"
      ? await accountablesOf(
          reader,
          keys.filter((key) => key !== null),
        )
      : null;
  return {
    from,
    to,
    by,
    zone,
    exact,
    ...byMeasure(totals),
    groups:
      groupBy &&
      keys.map((key) => ({
        key,
        ...(people ? { who: people.get(key ?? "") ?? null } : {}),
        ...byMeasure(rows.filter((row) => !row.total && row.key === key)),
      })),
    waiting: {
      n: waiting.n,
      oldestSeconds: seconds(waiting.oldestMs),
      oldestBusinessSeconds: seconds(waiting.oldestBusinessMs),
    },
  };
}

/** Always of the waits themselves. @throws CodedError INVALID when the time asked for is too long */
export async function distribution(reader: Reader, query: DistributionQuery): Promise<Distribution> {
  const { from, to, exact } = boundsOf(query);
  if (!exact) throw tooLong(exactDays);
  const { by = "start" } = query;
  const filter: WaitFilter = { from, to, by, agentId: query.agentId ?? null, kind: query.kind ?? null };
  const rows = await readDistribution(reader, filter, distributionBounds, query.clock ?? "calendar");
  const of = (measure: string) =>
    [...distributionBounds, null].map(
      (_, bucket) => rows.find((row) => row.measure === measure && row.bucket === bucket)?.n ?? 0,
    );
  return {
    from,
    to,
    by,
    bounds: [...distributionBounds],
    firstReply: of("first_reply"),
    nextReply: of("next_reply"),
    resolution: of("resolution"),
  };
}

const tooLong = (days: number) => new CodedError("INVALID", `from and to are more than ${days} days apart`);

/**
 * Up to now, and the last month, unless the query says otherwise. Long times are of whole hours, from rollups.
 * @throws CodedError INVALID
 */
function boundsOf(query: Pick<ResponseTimesQuery, "from" | "to" | "groupBy" | "zone">): {
  from: string;
  to: string;
  exact: boolean;
} {
  const { from, to, groupBy } = query;
  const end = to === undefined ? Date.now() : Date.parse(to);
  const start = from === undefined ? end - defaultStatsDays * dayMs : Date.parse(from);
  const longest = { hour: longestHourlyDays, hour_of_week: exactDays } as const;
  const longestDays = groupBy && groupBy in longest ? longest[groupBy as "hour"] : longestStatsDays;
  if (start > end) throw new CodedError("INVALID", "from is after to");
  if (end - start > longestDays * dayMs) throw tooLong(longestDays);
  const exact = end - start <= exactDays * dayMs || (groupBy === "day" && !hasWholeHours(query.zone));
  const hours = (at: number) => (exact ? at : Math.round(at / hourMs) * hourMs);
  return { from: new Date(hours(start)).toISOString(), to: new Date(hours(end)).toISOString(), exact };
}

/** Days of other zones begin within an hour of UTC, which is as fine as rollups are. */
function hasWholeHours(zone = "UTC"): boolean {
  const offsets = [0, 6].map((month) =>
    new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).format(
      Date.UTC(2026, month),
    ),
  );
  return offsets.every((offset) => /GMT([+-]\d\d:00)?$/.test(offset));
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
