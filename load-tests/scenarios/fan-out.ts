import { scenario } from "k6/execution";
import type { Options } from "k6/options";
import { randomFrom } from "../../bench/src/load/schedule.ts";
import { clock, pause } from "../k6/clock.ts";
import { instance, number, prefix, seconds, seed, shareOf } from "../k6/environment.ts";
import { hasFinished, orAbort } from "../k6/finished.ts";
import { talkThresholds, trendStats } from "../k6/levels.ts";
import { refuseLimited } from "../k6/limits.ts";
import { observerOf, wasLate } from "../k6/observed.ts";
import { each, makeGroup, makePeople, signIn } from "../k6/people.ts";
import { setup as preflight } from "../k6/preflight.ts";
import { openSession } from "../k6/wires.ts";
import { arrivals } from "../traffic/arrivals.ts";
import { createDevice } from "../traffic/device.ts";
import { talk } from "../traffic/talk.ts";

export { handleSummary } from "../k6/summary.ts";

/** ROOMS groups of ROOM_SIZE people; each of RATE messages a second reaches a whole room. */
const duration = seconds("DURATION", "1m");
const rooms = Math.max(1, shareOf(number("ROOMS", 2)));
const roomSize = number("ROOM_SIZE", 200);
const rate = number("RATE", 2) * (rooms / number("ROOMS", 2));
const membersPerCell = 25;
const cellsPerRoom = Math.ceil(roomSize / membersPerCell);
const cells = rooms * cellsPerRoom;
const rampSeconds = number("RAMP", Math.max(5, Math.ceil((rooms * roomSize) / 100)));
const settleSeconds = number("SETTLE", 15);
refuseLimited(rate, rooms * roomSize, "raise LOAD_ROOMS or LOAD_ROOM_SIZE");

export const options: Options = {
  scenarios: {
    fan_out: {
      executor: "per-vu-iterations",
      vus: cells,
      iterations: 1,
      maxDuration: `${Math.ceil(rampSeconds + duration + settleSeconds + 120)}s`,
    },
  },
  setupTimeout: "10m",
  thresholds: talkThresholds(cells, {
    "parloir_ack{scenario:fan_out}": "ack",
    "parloir_delivery{by:push}": "delivery",
    parloir_failed_connects: "attempts",
  }),
  summaryTrendStats: trendStats,
};

const memberOf = (room: number, member: number) => `${prefix}-room${room}-${member}`;

/** The rooms' conversations: what every VU gets is a copy, so no tokens are in it. */
export async function setup(): Promise<string[]> {
  await preflight();
  const made: string[] = [];
  for (let room = 0; room < rooms; room++) {
    const members = Array.from({ length: roomSize }, (_, member) => memberOf(room, member));
    await makePeople(members);
    made.push(await makeGroup(members));
  }
  return made;
}

export default async function fanOut(conversations: string[]): Promise<void> {
  const cell = scenario.iterationInTest;
  const room = Math.floor(cell / cellsPerRoom);
  const conversationId = conversations[room]!;
  const random = randomFrom(seed + 7_919 * cell + 104_729 * instance);
  await pause((cell / cells) * rampSeconds * 1_000);
  const first = (cell % cellsPerRoom) * membersPerCell;
  const members = Array.from({ length: Math.min(membersPerCell, roomSize - first) }, (_, n) => first + n);
  const seats = await orAbort(
    each(members, async (member) => {
      const { id, token } = await signIn(memberOf(room, member));
      const device = createDevice({
        userId: id,
        open: (events) => openSession("websocket", token, events),
        clock,
        random,
        observer: observerOf(id, "websocket"),
      });
      await device.come(60_000);
      return { device, conversationId };
    }),
  );
  await pause(Math.max(0, scenario.startTime + rampSeconds * 1_000 - Date.now()));
  await talk({
    seats,
    arrivals: arrivals(
      [{ seconds: duration, rate, phase: "fan" }],
      seats.length / (rooms * roomSize),
      random,
    ),
    idPrefix: `${prefix}-${cell}`,
    length: number("LENGTH", 120),
    clock,
    random,
    late: wasLate,
  });
  await Promise.all(seats.map(({ device }) => device.settle(settleSeconds * 1_000)));
  for (const { device } of seats) device.leave();
  hasFinished();
}
