/** Response times: what is measured, and the shapes in which it is told. Durations are seconds. */

export const measures = ["first_reply", "next_reply", "resolution"] as const;
export type Measure = (typeof measures)[number];

export const outcomes = ["open", "answered", "closed_unanswered", "resolved"] as const;
export type Outcome = (typeof outcomes)[number];

export const measuredKinds = ["direct", "support"] as const;
export type MeasuredKind = (typeof measuredKinds)[number];

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

export interface ResponseTimes extends MeasureFigures {
  from: string;
  to: string;
  by: "start" | "end";
  zone: string;
  /** With `groupBy`: `key` is the local hour (`2026-11-27T09:00+01:00`), the local day or the agent. */
  groups: ({ key: string | null } & MeasureFigures)[] | null;
  /** Everything that waits at this moment, whenever it began. */
  waiting: { n: number; oldestSeconds: number | null; oldestBusinessSeconds: number | null };
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

/** How a person answers first messages in direct conversations; null where too few would give them away. */
export interface SellerFigures {
  userId: string;
  days: number;
  samples: number | null;
  medianSeconds: number | null;
  replyRate: number | null;
}

/** Local minutes of an ISO weekday (1 is Monday); `closes` 1440 is midnight. */
export interface BusinessInterval {
  day: number;
  opens: number;
  closes: number;
}

export interface Schedule {
  validFrom: string;
  zone: string;
  hours: BusinessInterval[];
  holidays: string[];
}
