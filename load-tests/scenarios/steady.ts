import type { Options } from "k6/options";
import { seconds } from "../k6/environment.ts";
import { talkThresholds, trendStats } from "../k6/levels.ts";
import { planPairs, runPairs } from "../k6/pairs.ts";

export { setup } from "../k6/preflight.ts";
export { handleSummary } from "../k6/summary.ts";

/** People in pairs write at a steady rate: what an ordinary hour looks like. */
const duration = seconds("DURATION", "2m");
const plan = planPairs({ seconds: duration, rate: 50 });

export const options: Options = {
  scenarios: { steady: plan.scenario },
  thresholds: talkThresholds(plan.cells, {
    "parloir_ack{scenario:steady}": "ack",
    "parloir_delivery{by:push}": "delivery",
    "parloir_connect{transport:websocket}": "connect",
    parloir_failed_connects: "attempts",
  }),
  summaryTrendStats: trendStats,
};

export default function steady(): Promise<void> {
  return runPairs(plan, { stages: [{ seconds: duration, rate: plan.rate, phase: "steady" }] });
}
