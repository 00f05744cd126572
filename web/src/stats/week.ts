import type { ResponseTimes } from "@parloir/contracts/stats.ts";

/** What began in one hour of the week. */
export interface HourOfWeek {
  /** Customers who wrote first: what the hour's conversations number, answered or not. */
  n: number;
  answered: number;
  unanswered: number;
  open: number;
  /** Seconds; null while nobody was answered, or none of it under a schedule. */
  median: number | null;
  /** 1 to 4, of the slowest hour; `ignored` where nobody has been answered; null where the median is not known. */
  mark: 1 | 2 | 3 | 4 | "ignored" | null;
}

const shades = 4;
/** A Monday: the names of the days from there on. */
const aMonday = Date.UTC(2024, 0, 1);
const dayMs = 86_400_000;

/** From Monday on, as ISO counts them. */
export function weekdays(locale: string, weekday: "short" | "long"): string[] {
  const name = new Intl.DateTimeFormat(locale, { weekday, timeZone: "UTC" });
  return Array.from({ length: 7 }, (_, day) => name.format(aMonday + day * dayMs));
}

/** By hour as `1-09`. An hour in which nobody was answered is there: it is the worst of all, and not an empty one. */
export function weekOf(groups: ResponseTimes["groups"], business: boolean): ReadonlyMap<string, HourOfWeek> {
  const found = (groups ?? []).flatMap(({ key, firstReply }) => (key === null ? [] : [{ key, firstReply }]));
  const medianOf = ({ firstReply }: (typeof found)[number]) =>
    (business ? firstReply.business : firstReply).p50;
  const slowest = Math.max(1, ...found.map((each) => medianOf(each) ?? 0));
  return new Map(
    found.flatMap((each) => {
      const { n: answered, unanswered, open } = each.firstReply;
      const n = answered + unanswered + open;
      // Only of next replies and resolutions.
      if (n === 0) return [];
      const median = medianOf(each);
      return [[each.key, { n, answered, unanswered, open, median, mark: markOf(answered, median, slowest) }]];
    }),
  );
}

function markOf(answered: number, median: number | null, slowest: number): HourOfWeek["mark"] {
  if (answered === 0) return "ignored";
  if (median === null) return null;
  return (Math.ceil((median / slowest) * shades) || 1) as 1 | 2 | 3 | 4;
}
