import type { Options } from "k6/options";
import { number, seconds } from "../k6/environment.ts";
import { talkThresholds, trendStats } from "../k6/levels.ts";
import { planPairs, runPairs } from "../k6/pairs.ts";

export { setup } from "../k6/preflight.ts";
export { handleSummary } from "../k6/summary.ts";

/** Some people are behind proxies that let no WebSocket through: POLLING of all pairs use long polling throughout. */
const duration = seconds("DURATION", "2m");
const polling = number("POLLING", 0.2);
const plan = planPairs({ seconds: duration, rate: 50 });

export const options: Options = {
  scenarios: { mixed: plan.scenario },
  thresholds: talkThresholds(plan.cells, {
    "parloir_ack{transport:websocket}": "ack",
    "parloir_ack{transport:polling}": "ack",
    "parloir_delivery{transport:websocket}": "delivery",
    "parloir_delivery{transport:polling}": "delivery",
    "parloir_connect{transport:polling}": "connect",
    parloir_failed_connects: "attempts",
  }),
  summaryTrendStats: trendStats,
};

/** Spread evenly over all pairs, whatever the share. */
const isPolling = (pair: number) => Math.floor((pair + 1) * polling) > Math.floor(pair * polling);

export default function mixed(): Promise<void> {
  return runPairs(plan, {
    stages: [{ seconds: duration, rate: plan.rate, phase: "mixed" }],
    transportOf: (pair) => (isPolling(pair) ? "polling" : "websocket"),
  });
}
