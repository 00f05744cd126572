import { vu } from "k6/execution";
import type { Options } from "k6/options";
import { randomFrom } from "../../bench/src/load/schedule.ts";
import { clock, pause } from "../k6/clock.ts";
import { number, prefix, seconds, seed, shareOf } from "../k6/environment.ts";
import { finishedThreshold, hasFinished, nearlyAll, orAbort } from "../k6/finished.ts";
import { thresholds, trendStats } from "../k6/levels.ts";
import { observerOf } from "../k6/observed.ts";
import { makePerson, type Person } from "../k6/people.ts";
import { openSession } from "../k6/wires.ts";
import { createDevice } from "../traffic/device.ts";

export { setup } from "../k6/preflight.ts";
export { handleSummary } from "../k6/summary.ts";

/** RATE people a second open the application, stay for HOLD and leave; those who come do not wait for those before. */
const rate = shareOf(number("RATE", 100));
const duration = seconds("DURATION", "1m");
const hold = seconds("HOLD", "2s");
/** Enough for two seconds of waiting; more are made when connecting takes longer than that. */
const people = Math.ceil(rate * (hold + 2));

export const options: Options = {
  scenarios: {
    connect_storm: {
      executor: "constant-arrival-rate",
      rate,
      timeUnit: "1s",
      duration: `${duration}s`,
      preAllocatedVUs: people,
      maxVUs: people * 3,
    },
  },
  thresholds: {
    ...thresholds({
      "parloir_connect{scenario:connect_storm}": "connect",
      parloir_failed_connects: "attempts",
    }),
    ...finishedThreshold(nearlyAll(rate * duration)),
    // Arrivals that k6 had no VU for: the storm was smaller than asked.
    dropped_iterations: ["count<1"],
  },
  summaryTrendStats: trendStats,
};

/** Each VU is one person, made when it first comes. */
let person: Person | null = null;

export default async function connectStorm(): Promise<void> {
  person ??= await orAbort(makePerson(`${prefix}-storm-${vu.idInTest}`));
  const { id, token } = person;
  const device = createDevice({
    userId: id,
    open: (events) => openSession("websocket", token, events),
    clock,
    random: randomFrom(seed + vu.idInTest),
    observer: observerOf(id, "websocket"),
  });
  await device.come(30_000);
  await pause(hold * 1_000);
  device.leave();
  hasFinished();
}
