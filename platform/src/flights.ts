import type { FlightEntry, FlightKey, FlightStep } from "@parloir/contracts/flights.ts";
import type { RedisClient } from "./redis.ts";

/**
 * The flight recorder: each process remembers, in memory, when its part in a message was done. Nothing is written
 * anywhere until an admin asks for one message; then every process posts what it remembers of it. What is asked for is
 * metadata of the last seconds.
 */
export interface FlightRecorder {
  note: (message: FlightKey, step: FlightStep, details?: Details) => void;
  find: (message: FlightKey) => FlightEntry[];
}

interface Details {
  /** Milliseconds since 1970; now unless given. */
  at?: number;
  count?: number | undefined;
  queue?: string | undefined;
  traceparent?: string | undefined;
}

interface Noted extends Details {
  at: number;
  step: FlightStep;
  conversationId: string;
  seq: number;
}

/** Steps remembered in a process: at 1,000 messages a second those of the last 20 to 60 s, in about 6 MB. */
const remembered = 65_536;

export function createFlightRecorder(node: string): FlightRecorder {
  // A ring that is searched when somebody asks, a millisecond's work. A map by message would pay with every message:
  // its key is a text that must be made and hashed, 2 to 3 µs in each process.
  const ring: Noted[] = [];
  let next = 0;
  return {
    note({ conversationId, seq }, step, details) {
      ring[next] = {
        conversationId,
        seq,
        step,
        at: details?.at ?? Date.now(),
        count: details?.count,
        queue: details?.queue,
        traceparent: details?.traceparent,
      };
      next = (next + 1) % remembered;
    },
    find: (message) =>
      [...ring.slice(next), ...ring.slice(0, next)]
        .filter(({ seq, conversationId }) => seq === message.seq && conversationId === message.conversationId)
        .map(({ step, at, count, queue, traceparent }) => ({
          node,
          step,
          at: new Date(at).toISOString(),
          ...(count === undefined ? {} : { count }),
          ...(queue === undefined ? {} : { queue }),
          ...(traceparent === undefined ? {} : { traceparent }),
        })),
  };
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
