import { randomUUID } from "node:crypto";
import { isGone } from "@parloir/contracts/cluster.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import { type Flight, type FlightKey, flight, readFlightBody } from "@parloir/contracts/flights.ts";
import { forgetWish, readFlight, wishFlight } from "@parloir/platform/flights.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { readBoard } from "@parloir/platform/snapshot/board.ts";
import { record } from "@parloir/store/audit.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Route, route } from "../route.ts";

/** Two beats of a process, and some. */
const patienceMs = 5_000;
const lookEveryMs = 200;

/** What every process remembers of a message; nothing of what it says. */
export function flightRoutes({ database, redis }: { database: Database; redis: RedisClient }): Route[] {
  return [
    route({
      method: "post",
      path: "/api/cluster/flights",
      about: "The way of one message through the cluster, as its processes remember it.",
      answer: flight,
      who: "admin",
      scope: "cluster:read",
      body: readFlightBody,
      async handle({ body, origin }) {
        const details = { seq: body.seq };
        await record(database.query, origin, { action: "flight.read", target: body.conversationId, details });
        const found = await askAll(redis, body).catch((error: unknown) => {
          throw new CodedError("UNAVAILABLE", "the processes cannot be asked now", { cause: error });
        });
        return { data: found };
      },
    }),
  ];
}

async function askAll(redis: RedisClient, message: FlightKey): Promise<Flight> {
  const { at, nodes } = await readBoard(redis);
  const present = nodes.filter((node) => !isGone(node, Date.parse(at))).map(({ name }) => name);
  const id = randomUUID();
  await wishFlight(redis, id, message);
  const deadline = performance.now() + patienceMs;
  let answers = await readFlight(redis, id);
  while (present.some((name) => !answers.has(name)) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    answers = await readFlight(redis, id);
  }
  await forgetWish(redis, id);
  const entries = [...answers.values()].flat().sort((a, b) => a.at.localeCompare(b.at));
  const answered = [...answers.keys()].sort();
  return { ...message, entries, answered, silent: present.filter((name) => !answers.has(name)) };
}
