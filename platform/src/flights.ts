import { randomBytes } from "node:crypto";
import type { FlightEntry, FlightKey, FlightStep } from "@parloir/contracts/flights.ts";
import type { RedisClient } from "./redis.ts";

/**
 * The flight recorder: each process remembers, in memory, when its part in a message was done. Nothing is written
 * anywhere until an admin asks for one message; then every process posts what it remembers of it. So recording costs a
 * message about two microseconds in each process, and what is asked for is metadata of the last minutes.
 */
export interface FlightRecorder {
  note: (message: FlightKey, step: FlightStep, details?: Partial<Omit<Noted, "step">>) => void;
  find: (message: FlightKey) => FlightEntry[];
}

interface Noted {
  step: FlightStep;
  /** Milliseconds since 1970. */
  at: number;
  count: number | undefined;
  queue: string | undefined;
  traceparent: string | undefined;
}

/** Messages remembered in a process: at 1,000 a second the last 10 to 20 s, in about 6 MB. */
const remembered = 20_000;

export function createFlightRecorder(node: string): FlightRecorder {
  // Two halves: when the young one is full, the old one goes as a whole. To delete the first of one map with every
  // message costs 20 µs, because its iterator passes over all that were deleted before. Times become texts when
  // somebody asks.
  let young = new Map<string, Noted[]>();
  let old = new Map<string, Noted[]>();
  const keyOf = ({ conversationId, seq }: FlightKey) => `${conversationId} ${seq}`;

  function begin(key: string): Noted[] {
    if (young.size >= remembered / 2) {
      old = young;
      young = new Map();
    }
    const entries: Noted[] = [];
    young.set(key, entries);
    return entries;
  }

  return {
    note(message, step, { at = Date.now(), count, queue, traceparent } = {}) {
      const key = keyOf(message);
      const entries = young.get(key) ?? old.get(key) ?? begin(key);
      entries.push({ step, at, count, queue, traceparent });
    },
    find: (message) =>
      (young.get(keyOf(message)) ?? old.get(keyOf(message)) ?? []).map(
        ({ step, at, count, queue, traceparent }) => ({
          node,
          step,
          at: new Date(at).toISOString(),
          ...(count === undefined ? {} : { count }),
          ...(queue === undefined ? {} : { queue }),
          ...(traceparent === undefined ? {} : { traceparent }),
        }),
      ),
  };
}

/** The caller's trace goes on, in a span of its own. */
export function traceOn(traceparent: string): string {
  return `00-${traceparent.slice(3, 35)}-${randomBytes(8).toString("hex")}-${traceparent.slice(-2)}`;
}

const wishesKey = "parloir:flight-wishes";
const answersOf = (id: string) => `parloir:flight:${id}`;
/** A wish is answered with the next beat of each process; what is older was for an admin who has gone. */
const wishMs = 15_000;
const answerSeconds = 60;

interface Wish extends FlightKey {
  at: number;
}

export async function wishFlight(redis: RedisClient, id: string, message: FlightKey): Promise<void> {
  await redis.hset(wishesKey, id, JSON.stringify({ ...message, at: Date.now() } satisfies Wish));
  await redis.pexpire(wishesKey, wishMs);
}

export async function forgetWish(redis: RedisClient, id: string): Promise<void> {
  await redis.hdel(wishesKey, id);
}

/** With every beat: posts what this process remembers of what is asked for. */
export async function answerFlights(
  redis: RedisClient,
  node: string,
  recorder: FlightRecorder,
): Promise<void> {
  for (const [id, text] of Object.entries(await redis.hgetall(wishesKey))) {
    const { at, ...message } = JSON.parse(text) as Wish;
    if (Date.now() - at > wishMs) continue;
    await redis.hset(answersOf(id), node, JSON.stringify(recorder.find(message)));
    await redis.expire(answersOf(id), answerSeconds);
  }
}

export async function readFlight(redis: RedisClient, id: string): Promise<Map<string, FlightEntry[]>> {
  const answers = Object.entries(await redis.hgetall(answersOf(id)));
  return new Map(answers.map(([node, text]) => [node, JSON.parse(text) as FlightEntry[]]));
}
