import type { AlertCase } from "./alert-case.ts";
import { type Level, serviceLevels } from "./service-levels.ts";

/** Of every service level, at both speeds. */

/** What is counted in a minute, and what of it is good or bad. */
interface Counted {
  good: string[];
  bad: string;
}

const counted: Record<string, Counted> = {
  send: {
    // What a client did wrong is not the cluster's failure.
    good: ["ok", "INVALID"].map(
      (outcome) => `parloir_commands_total{event="send_message",outcome="${outcome}"}`,
    ),
    bad: `parloir_commands_total{event="send_message",outcome="UNAVAILABLE"}`,
  },
  ack: { good: [`parloir_ack_seconds_bucket{le="0.25"}`], bad: "parloir_ack_seconds_count" },
  delivery: { good: [`parloir_delivery_seconds_bucket{le="0.5"}`], bad: "parloir_delivery_seconds_count" },
  canary: {
    good: [`parloir_canary_total{outcome="ok"}`],
    bad: `parloir_canary_total{outcome="undelivered"}`,
  },
  rest: {
    good: ["200", "404"].map(
      (status) => `parloir_http_requests_total{method="GET",route="/api/me",status="${status}"}`,
    ),
    bad: `parloir_http_requests_total{method="GET",route="/api/me",status="503"}`,
  },
  jobs: { good: [`parloir_outbox_lag_seconds_bucket{le="5"}`], bad: "parloir_outbox_lag_seconds_count" },
};
const perStep = 100_000;

/** For some steps each: which share of everything is bad. */
type Course = [share: number, steps: number][];

function seriesOf(name: string, level: Level, course: Course): Record<string, string> {
  const { good, bad } = counted[name]!;
  const values = (ofShare: (share: number) => number) => {
    let total = 0;
    return course
      .map(([share, steps]) => {
        const each = Math.round(ofShare(share));
        const from = total + each;
        total = from + each * (steps - 1);
        return `${from}+${each}x${steps - 1}`;
      })
      .join(" ");
  };
  const goods = good.map((each) => [each, values((share) => ((1 - share) * perStep) / good.length)]);
  // Of a histogram everything is counted, and its bucket has what was in time.
  const bads = values((share) => ("histogram" in level ? 1 : share) * perStep);
  return Object.fromEntries([...goods, [bad, bads]]);
}

/** Rules are asked rarely: of what was between them, the windows know. */
export const asked = {
  Fast: { interval: "1m", minutes: 1, every: 60 },
  Slow: { interval: "10m", minutes: 10, every: 720 },
};
type Speed = keyof typeof asked;

export function budgetCases(speed: Speed): AlertCase[] {
  return Object.entries(serviceLevels.levels).flatMap(([name, level]) => {
    const budget = 1 - level.objective;
    const { interval, minutes, every } = asked[speed];
    const courses = coursesOf(budget)[speed];
    return courses.map(([what, course, fires]): AlertCase => {
      const last = (course.reduce((sum, [, steps]) => sum + steps, 0) - 1) * minutes;
      if (last % every !== 0) throw new Error(`${what}: nobody asks at minute ${last}`);
      return {
        name: `${name}: ${what}`,
        alert: `Parloir${name[0]!.toUpperCase()}${name.slice(1)}Budget${speed}`,
        interval,
        series: seriesOf(name, level, course),
        at: `${last}m`,
        fires: fires ? { level: name } : null,
      };
    });
  });
}

/** What happens, and whether somebody is to hear of it at its end. */
function coursesOf(budget: number): Record<Speed, [what: string, course: Course, fires: boolean][]> {
  return {
    Fast: [
      [
        "twenty times the budget for an hour",
        [
          [0, 361],
          [20 * budget, 60],
        ],
        true,
      ],
      ["eight times the budget for six hours", [[8 * budget, 421]], true],
      ["five times the budget for six hours", [[5 * budget, 421]], false],
      [
        "everything for a minute",
        [
          [0, 361],
          [1, 1],
          [0, 59],
        ],
        false,
      ],
      [
        "fifty times the budget, and over for forty minutes",
        [
          [50 * budget, 81],
          [0, 40],
        ],
        false,
      ],
    ],
    Slow: [
      ["twice the budget for three days", [[2 * budget, 433]], true],
      ["half the budget for three days", [[budget / 2, 433]], false],
      [
        "three times the budget, and over for seven hours",
        [
          [3 * budget, 391],
          [0, 42],
        ],
        false,
      ],
    ],
  };
}
