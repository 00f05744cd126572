import * as z from "zod/mini";
import { historyKeptSeconds } from "./cluster.ts";
import { wholeNumber } from "./http.ts";

export const nodeParams = z.strictObject({ name: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,63}$/)) });

export const clusterHistoryQuery = z.strictObject({
  minutes: z.optional(wholeNumber(1, historyKeptSeconds / 60)),
});
