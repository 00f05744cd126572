import * as z from "zod/mini";
import { pageCursor, pageLimit, wholeNumber } from "./http.ts";
import { userId } from "./ids.ts";
import type { Role } from "./shapes.ts";
import { moment, timeOfDay, zone } from "./time.ts";

/** Response times: what is measured, how it is asked for, and the shapes in which it is told. Durations are seconds. */

export const measures = ["first_reply", "next_reply", "resolution"] as const;
export type Measure = (typeof measures)[number];

export const outcomes = ["open", "answered", "closed_unanswered", "resolved"] as const;
export type Outcome = (typeof outcomes)[number];

export const measuredKinds = ["direct", "support"] as const;
export type MeasuredKind = (typeof measuredKinds)[number];

interface Range {
  from?: string | undefined;
  to?: string | undefined;
}
const fromBeforeTo = z.refine<Range>(
  ({ from, to }) => from === undefined || to === undefined || Date.parse(from) <= Date.parse(to),
  "from is after to",
);

/** `by`: whether `from` and `to` bound a wait's start or its end. */
const range = {
  from: z.optional(moment),
  to: z.optional(moment),
  by: z.optional(z.enum(["start", "end"])),
  agentId: z.optional(userId),
  kind: z.optional(z.enum(measuredKinds)),
};

export const defaultStatsDays = 30;
/** Up to here percentiles are of the waits themselves; beyond, of hourly rollups. */
export const exactDays = 100;
/** Beyond these an answer would be too long. */
export const longestStatsDays = 3_660;
export const longestHourlyDays = 32;

export const responseTimesQuery = z
  .strictObject({
    ...range,
    zone: z.optional(zone),
    groupBy: z.optional(z.enum(["hour", "day", "hour_of_week", "agent"])),
  })
  .check(fromBeforeTo);
export type ResponseTimesQuery = z.infer<typeof responseTimesQuery>;

/** Of `distribution`, in seconds: the upper ends of its buckets; above the last one there is one more. */
export const distributionBounds = [
  60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 259_200, 604_800,
] as const;

/** All time, or what of it lies in business hours: then only of waits that began under a schedule. */
export const clocks = ["calendar", "business"] as const;
export type Clock = (typeof clocks)[number];

export const distributionQuery = z
  .strictObject({ ...range, clock: z.optional(z.enum(clocks)) })
  .check(fromBeforeTo);
export type DistributionQuery = z.infer<typeof distributionQuery>;

/** ISO weekday and hour, in `zone`. */
const hourOfWeek = z.string().check(z.regex(/^[1-7]-([01]\d|2[0-3])$/));
const someSeconds = wholeNumber(0, 1_000_000_000);

const waitFilter = {
  ...range,
  /** Of a bucket: longer than the one, and not longer than the other, by this clock. */
  longerThan: z.optional(someSeconds),
  upTo: z.optional(someSeconds),
  clock: z.optional(z.enum(clocks)),
  hourOfWeek: z.optional(hourOfWeek),
  zone: z.optional(zone),
  /** Waits that nobody is accountable for: unanswered, and assigned to nobody. */
  nobody: z.optional(z.enum(["true", "false"])),
  measure: z.optional(z.enum(measures)),
  outcome: z.optional(z.enum(outcomes)),
};
export const exportWaitsQuery = z.strictObject(waitFilter).check(fromBeforeTo);
export const listWaitsQuery = z
  .strictObject({
    ...waitFilter,
    sort: z.optional(z.enum(["newest", "oldest"])),
    cursor: pageCursor,
    limit: pageLimit,
  })
  .check(fromBeforeTo);
export type WaitsQuery = z.infer<typeof exportWaitsQuery>;

export const sellerParams = z.strictObject({ userId });

/** Of `n` waits that ended as hoped; null without any. */
export interface Durations {
  n: number;
  mean: number | null;
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface Figures extends Durations {
  /** Closed without a reply. */
  unanswered: number;
  /** Still waiting. */
  open: number;
  /** Within business hours; of those waits that began under a schedule. */
  business: Durations;
}

export interface MeasureFigures {
  firstReply: Figures;
  nextReply: Figures;
  resolution: Figures;
}

/** Who answered, else who has it: one of the team or, in a direct conversation, whoever was written to. */
export interface Accountable {
  userId: string;
  name: string;
  role: Role;
}

export interface ResponseTimes extends MeasureFigures {
  from: string;
  to: string;
  by: "start" | "end";
  zone: string;
  /** False: of rollups, so `from` and `to` are whole hours, and percentiles within 1 %. */
  exact: boolean;
  /** With `groupBy`: `key` is the hour's beginning in UTC, the day or the hour of the week in `zone`, or the agent, who then is `who`. */
  groups: ({ key: string | null; who?: Accountable | null } & MeasureFigures)[] | null;
  /** Everything that waits at this moment, whenever it began. */
  waiting: { n: number; oldestSeconds: number | null; oldestBusinessSeconds: number | null };
}

/** How many that ended as hoped took how long: a count for each of `bounds`, and one for what took longer. */
export interface Distribution {
  from: string;
  to: string;
  by: "start" | "end";
  bounds: number[];
  firstReply: number[];
  nextReply: number[];
  resolution: number[];
}

/** A single wait, with where its messages are: `startSeq` is the message that waits, `endSeq` the one that answered. */
export interface WaitLine {
  conversationId: string;
  cycle: number;
  startSeq: number;
  endSeq: number | null;
  measure: Measure;
  kind: MeasuredKind;
  outcome: Outcome;
  startedAt: string;
  endedAt: string | null;
  agentId: string | null;
  assigneeId: string | null;
  /** So far, while it is open. */
  seconds: number;
  businessSeconds: number | null;
}

/** As a list has it. */
export interface ListedWait extends WaitLine {
  /** Null: nobody, or somebody whom nobody knows any more. */
  who: Accountable | null;
}

/** How a person answers first messages in direct conversations; null where too few would give them away. */
export interface SellerFigures {
  userId: string;
  days: number;
  samples: number | null;
  medianSeconds: number | null;
  replyRate: number | null;
}

const interval = z
  .strictObject({
    day: z.int().check(z.minimum(1), z.maximum(7)),
    from: timeOfDay,
    to: z.union([timeOfDay, z.literal("24:00")]),
  })
  .check(z.refine(({ from, to }) => from < to, "from is not before to"));
/** ISO weekday (1 is Monday) and local times; `24:00` is midnight. */
export type BusinessInterval = z.infer<typeof interval>;

/** Without `validFrom` it is in force a minute from now: waits that ended before stay as they are. */
export const putScheduleBody = z.strictObject({
  zone,
  hours: z
    .array(interval)
    .check(z.minLength(1), z.maxLength(70), z.refine(areApart, "intervals of a day overlap")),
  holidays: z.optional(z.array(z.iso.date()).check(z.maxLength(1_000))),
  validFrom: z.optional(moment),
});

function areApart(intervals: BusinessInterval[]): boolean {
  return intervals.every((a, index) =>
    intervals.slice(index + 1).every((b) => a.day !== b.day || a.to <= b.from || b.to <= a.from),
  );
}

export interface Schedule {
  validFrom: string;
  zone: string;
  hours: BusinessInterval[];
  holidays: string[];
}
