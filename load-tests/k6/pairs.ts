import { scenario } from "k6/execution";
import type { Options } from "k6/options";
import { randomFrom } from "../../bench/src/load/schedule.ts";
import { arrivals, type Stage } from "../traffic/arrivals.ts";
import { createDevice } from "../traffic/device.ts";
import { type Seat, talk } from "../traffic/talk.ts";
import { clock, pause } from "./clock.ts";
import { instance, number, prefix, seed, shareOf } from "./environment.ts";
import { hasFinished, orAbort } from "./finished.ts";
import { refuseLimited } from "./limits.ts";
import { observerOf, wasLate } from "./observed.ts";
import { each, makeDirect, makePerson } from "./people.ts";
import { openSession, type Transport } from "./wires.ts";

/**
 * People in pairs who write to each other. A VU of k6 is dear (a JavaScript engine of its own) and a socket is cheap,
 * so each VU plays a cell of several pairs; both of a pair are in one cell, on whatever gateways the balancer chose.
 */
export interface PairsPlan {
  /** Messages per second of this machine. */
  rate: number;
  cells: number;
  pairs: number;
  rampSeconds: number;
  settleSeconds: number;
  length: number;
  scenario: NonNullable<Options["scenarios"]>[string];
}

const pairsPerCell = 10;
const comePatienceMs = 60_000;

export function planPairs(options: {
  seconds: number;
  rate: number;
  sockets?: number;
  /** The highest rate is so many times the rate. */
  times?: number;
}): PairsPlan {
  const rateOfAll = number("RATE", options.rate);
  const socketsOfAll = number("SOCKETS", options.sockets ?? Math.max(20, rateOfAll * 2));
  const sockets = shareOf(socketsOfAll);
  const rate = rateOfAll * (sockets / socketsOfAll);
  const pairs = Math.max(1, Math.floor(sockets / 2));
  refuseLimited(rate * (options.times ?? 1), 2 * pairs, "raise LOAD_SOCKETS");
  const cells = Math.ceil(pairs / pairsPerCell);
  const rampSeconds = number("RAMP", Math.max(5, Math.ceil(sockets / 100)));
  const settleSeconds = number("SETTLE", 15);
  const longest = rampSeconds + comePatienceMs / 1_000 + options.seconds + settleSeconds + 60;
  return {
    rate,
    cells,
    pairs,
    rampSeconds,
    settleSeconds,
    length: number("LENGTH", 120),
    scenario: {
      executor: "per-vu-iterations",
      vus: cells,
      iterations: 1,
      maxDuration: `${Math.ceil(longest)}s`,
    },
  };
}

export interface PairsRun {
  stages: readonly Stage[];
  transportOf?: (pair: number) => Transport;
  /** Beside the talk; `startAt` is the same moment for all cells. */
  meanwhile?: (seats: readonly Seat[], startAt: number) => Promise<void>;
}

/** What one VU does in its one iteration. */
export async function runPairs(plan: PairsPlan, run: PairsRun): Promise<void> {
  const cell = scenario.iterationInTest;
  const random = randomFrom(seed + 7_919 * cell + 104_729 * instance);
  // Connections come spread over the ramp; storms are scenarios of their own.
  await pause((cell / plan.cells) * plan.rampSeconds * 1_000);
  const first = cell * pairsPerCell;
  const mine = Array.from({ length: Math.min(pairsPerCell, plan.pairs - first) }, (_, n) => first + n);
  const seated = each(mine, (pair) => seatPair(pair, run.transportOf?.(pair) ?? "websocket", random));
  const seats = (await orAbort(seated)).flat();
  const startAt = scenario.startTime + plan.rampSeconds * 1_000;
  await pause(Math.max(0, startAt - Date.now()));
  await Promise.all([
    talk({
      seats,
      arrivals: arrivals(run.stages, mine.length / plan.pairs, random),
      idPrefix: `${prefix}-${cell}`,
      length: plan.length,
      clock,
      random,
      late: wasLate,
    }),
    run.meanwhile?.(seats, startAt),
  ]);
  await Promise.all(seats.map(({ device }) => device.settle(plan.settleSeconds * 1_000)));
  for (const { device } of seats) device.leave();
  hasFinished();
}

async function seatPair(pair: number, transport: Transport, random: () => number): Promise<Seat[]> {
  const people = await Promise.all(["a", "b"].map((side) => makePerson(`${prefix}-${pair}${side}`)));
  const conversationId = await makeDirect(people[0]!.id, people[1]!.id);
  const seats = people.map(({ id, token }) => {
    const device = createDevice({
      userId: id,
      open: (events) => openSession(transport, token, events),
      clock,
      random,
      observer: observerOf(id, transport),
    });
    return { device, conversationId };
  });
  await Promise.all(seats.map(({ device }) => device.come(comePatienceMs)));
  return seats;
}
