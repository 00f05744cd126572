import type { Options } from "k6/options";
import { number, seconds } from "../k6/environment.ts";
import { talkThresholds, trendStats } from "../k6/levels.ts";
import { planPairs, runPairs } from "../k6/pairs.ts";

export { setup } from "../k6/preflight.ts";
export { handleSummary } from "../k6/summary.ts";

/**
 * The rate rises at once to SPIKE times itself and falls again. During the spike nothing may be lost; after it, times
 * must be what they were before.
 */
const duration = seconds("DURATION", "90s");
const times = number("SPIKE", 10);
const rate = number("RATE", 20);
// Enough people for the spike: each may write only so often.
const plan = planPairs({ seconds: duration, rate, sockets: Math.max(20, rate * times * 0.5), times });

export const options: Options = {
  scenarios: { spike: plan.scenario },
  thresholds: talkThresholds(plan.cells, {
    "parloir_ack{phase:before}": "ack",
    "parloir_ack{phase:after}": "ack",
    "parloir_delivery{phase:after}": "delivery",
  }),
  summaryTrendStats: trendStats,
};

export default function spike(): Promise<void> {
  const part = duration / 3;
  return runPairs(plan, {
    stages: [
      { seconds: part, rate: plan.rate, phase: "before" },
      { seconds: part / 2, rate: plan.rate * times, phase: "spike" },
      // What the spike left behind is worked off in here.
      { seconds: part / 2, rate: plan.rate, phase: "settling" },
      { seconds: part, rate: plan.rate, phase: "after" },
    ],
  });
}
