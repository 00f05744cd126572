import * as z from "zod/mini";
import { userId, uuid } from "./ids.ts";
import { role, schemaFor, time } from "./shape-schemas.ts";
import {
  type Accountable,
  type Distribution,
  type ListedWait,
  type MeasureFigures,
  measuredKinds,
  measures,
  outcomes,
  type ResponseTimes,
  type Schedule,
  type SellerFigures,
  type WaitLine,
} from "./stats.ts";

/** Response times as schemas, each tied to its type: see shape-schemas.ts. */

const number = z.number();
const figure = z.nullable(number);
const durations = {
  n: number,
  mean: figure,
  p50: figure,
  p90: figure,
  p95: figure,
  p99: figure,
  max: figure,
};
const figures = z.strictObject({
  ...durations,
  unanswered: number,
  open: number,
  business: z.strictObject(durations),
});
const byMeasure = { firstReply: figures, nextReply: figures, resolution: figures };
schemaFor<MeasureFigures>()(z.strictObject(byMeasure));

const accountable = schemaFor<Accountable>()(z.strictObject({ userId, name: z.string(), role }));

export const responseTimes = schemaFor<ResponseTimes>()(
  z.strictObject({
    ...byMeasure,
    from: time,
    to: time,
    by: z.enum(["start", "end"]),
    zone: z.string(),
    exact: z.boolean(),
    groups: z.nullable(
      z.array(
        z.strictObject({
          key: z.nullable(z.string()),
          who: z.exactOptional(z.nullable(accountable)),
          ...byMeasure,
        }),
      ),
    ),
    waiting: z.strictObject({ n: number, oldestSeconds: figure, oldestBusinessSeconds: figure }),
  }),
);

const counts = z.array(z.int());
export const distribution = schemaFor<Distribution>()(
  z.strictObject({
    from: time,
    to: time,
    by: z.enum(["start", "end"]),
    bounds: counts,
    firstReply: counts,
    nextReply: counts,
    resolution: counts,
  }),
);

const wait = {
  conversationId: uuid,
  cycle: number,
  startSeq: number,
  endSeq: figure,
  measure: z.enum(measures),
  kind: z.enum(measuredKinds),
  outcome: z.enum(outcomes),
  startedAt: time,
  endedAt: z.nullable(time),
  agentId: z.nullable(userId),
  assigneeId: z.nullable(userId),
  seconds: number,
  businessSeconds: figure,
};
export const waitLine = schemaFor<WaitLine>()(z.strictObject(wait));
export const listedWait = schemaFor<ListedWait>()(z.strictObject({ ...wait, who: z.nullable(accountable) }));

export const seller = schemaFor<SellerFigures>()(
  z.strictObject({ userId, days: number, samples: figure, medianSeconds: figure, replyRate: figure }),
);

export const schedule = schemaFor<Schedule>()(
  z.strictObject({
    validFrom: time,
    zone: z.string(),
    hours: z.array(z.strictObject({ day: z.int(), from: z.string(), to: z.string() })),
    holidays: z.array(z.string()),
  }),
);
