import type { Options } from "k6/options";
import { pause } from "../k6/clock.ts";
import { number, seconds } from "../k6/environment.ts";
import { talkThresholds, trendStats } from "../k6/levels.ts";
import { planPairs, runPairs } from "../k6/pairs.ts";

export { setup } from "../k6/preflight.ts";
export { handleSummary } from "../k6/summary.ts";

/**
 * Everybody loses the connection in one moment and wants it back within SPREAD, while messages go on: a network that
 * blinked, a balancer that was restarted. All must be back and complete within the level «return».
 */
const duration = seconds("DURATION", "1m");
const spread = seconds("SPREAD", "1s");
const plan = planPairs({ seconds: duration, rate: 20, sockets: number("SOCKETS", 400) });

export const options: Options = {
  scenarios: { reconnect_storm: plan.scenario },
  thresholds: talkThresholds(plan.cells, {
    "parloir_return{scenario:reconnect_storm}": "return",
  }),
  summaryTrendStats: trendStats,
};

export default function reconnectStorm(): Promise<void> {
  return runPairs(plan, {
    stages: [{ seconds: duration, rate: plan.rate, phase: "storm" }],
    async meanwhile(seats, startAt) {
      await pause(Math.max(0, startAt + duration * 300 - Date.now()));
      for (const { device } of seats) device.cut(spread * 1_000);
    },
  });
}
