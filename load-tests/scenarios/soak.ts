import type { Options } from "k6/options";
import { seconds } from "../k6/environment.ts";
import { talkThresholds, trendStats } from "../k6/levels.ts";
import { planPairs, runPairs } from "../k6/pairs.ts";

export { setup } from "../k6/preflight.ts";
export { handleSummary } from "../k6/summary.ts";

/**
 * The steady load for hours: leaks, and what happens only now and then. Deploy during it: connections that end are
 * opened again and catch up, so nothing may be missing at the end. The last tenth is judged by itself, because what
 * slowly gets worse hides in the figures of a whole day.
 */
const duration = seconds("DURATION", "2h");
const plan = planPairs({ seconds: duration, rate: 20 });

export const options: Options = {
  scenarios: { soak: plan.scenario },
  thresholds: talkThresholds(plan.cells, {
    "parloir_ack{phase:soak}": "ack",
    "parloir_ack{phase:end}": "ack",
    "parloir_delivery{by:push}": "delivery",
    "parloir_return{transport:websocket}": "return",
  }),
  summaryTrendStats: trendStats,
};

export default function soak(): Promise<void> {
  return runPairs(plan, {
    stages: [
      { seconds: duration * 0.9, rate: plan.rate, phase: "soak" },
      { seconds: duration * 0.1, rate: plan.rate, phase: "end" },
    ],
  });
}
