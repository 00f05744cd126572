import { bucketMs } from "@parloir/contracts/histogram.ts";
import type { Measure } from "@parloir/contracts/stats.ts";
import type { DurationsRow, FiguresRow } from "@parloir/store/figures.ts";
import type { RolledRow } from "@parloir/store/rollups.ts";

/** Rows of the same figures as readFigures gives, added up from the rollups' buckets. */
export function figuresOfRollups(rows: RolledRow[], isGrouped: boolean): FiguresRow[] {
  const totals = groupsOf(rows, (row) => row.measure).map((some) => figures(some, true));
  if (!isGrouped) return totals;
  const grouped = groupsOf(rows, (row) => JSON.stringify([row.key, row.measure]));
  return [...totals, ...grouped.map((some) => figures(some, false))];
}

function groupsOf(rows: RolledRow[], nameOf: (row: RolledRow) => string): RolledRow[][] {
  const groups = new Map<string, RolledRow[]>();
  for (const row of rows) groups.set(nameOf(row), [...(groups.get(nameOf(row)) ?? []), row]);
  return [...groups.values()];
}

function figures(rows: RolledRow[], total: boolean): FiguresRow {
  const of = (part: RolledRow["part"]) => rows.filter((row) => row.part === part);
  const measure: Measure = rows[0]!.measure;
  return {
    measure,
    total,
    key: total ? null : rows[0]!.key,
    calendar: durations(of("calendar")),
    business: durations(of("business")),
    unanswered: sum(of("unanswered"), "n"),
    open: sum(of("open"), "n"),
  };
}

function durations(rows: RolledRow[]): DurationsRow {
  const n = sum(rows, "n");
  if (n === 0) return { n, mean: null, percentiles: null, max: null };
  const ascending = rows.toSorted((a, b) => a.bucket! - b.bucket!);
  const max = Math.max(...rows.map((row) => row.maxMs));
  const percentiles = [0.5, 0.9, 0.95, 0.99].map((share) =>
    Math.min(quantile(ascending, share * (n - 1)), max),
  );
  return { n, mean: sum(rows, "sumMs") / n, percentiles, max };
}

/** Between the two waits around this rank, counted from 0, as Postgres' percentile_cont does. */
function quantile(ascending: RolledRow[], rank: number): number {
  const [below, above] = [at(ascending, Math.floor(rank)), at(ascending, Math.ceil(rank))];
  return below + (above - below) * (rank % 1);
}

/** The middle of the bucket that holds the wait of this rank. */
function at(ascending: RolledRow[], rank: number): number {
  let seen = 0;
  for (const { bucket, n } of ascending) {
    seen += n;
    if (seen > rank) return bucketMs(bucket!);
  }
  return 0;
}

function sum(rows: RolledRow[], column: "n" | "sumMs"): number {
  return rows.reduce((total, row) => total + row[column], 0);
}
