import { setPriority } from "node:os";
import type { LightSocket } from "./light-socket.ts";
import { openSocket } from "./light-socket.ts";
import type { RunResult } from "./result.ts";
import type { RunPlan, Seat } from "./run.ts";
import { Run } from "./run.ts";
import { poissonSchedule } from "./schedule.ts";

/**
 * A load-generator process: holds the sockets of its pairs, both ends of a pair here, so that one clock measures a
 * delivery. Spoken to over IPC by `fleet.ts`.
 */
export interface Person {
  userId: string;
  token: string;
  /** The gateway this person connects to. */
  url: string;
}

export interface Pair {
  conversationId: string;
  people: [Person, Person];
  /** Connected, and not looking at the conversation: each message notifies. */
  away?: boolean;
}

export type Order =
  | { order: "connect"; pairs: Pair[] }
  | { order: "run"; plan: RunPlan; seed: number; ratePerSecond: number };

export type Report =
  | { report: "connected"; reconnected: number }
  | { report: "result"; result: RunResult }
  | { report: "failed"; message: string };

/** As many handshakes at once as a gateway takes without queueing them. */
const handshakesAtOnce = 10;

let pairs: Pair[] = [];
let seats: Seat[] = [];
let current: Run | undefined;
let nextAckId = 1;

async function connect(): Promise<number> {
  const all = pairs.flatMap((pair, index) => [2 * index, 2 * index + 1].map((seat) => ({ pair, seat })));
  const empty = all.filter(({ seat }) => !seats[seat]?.socket.isOpen);
  for (let at = 0; at < empty.length; at += handshakesAtOnce) {
    await Promise.all(empty.slice(at, at + handshakesAtOnce).map(({ pair, seat }) => takeSeat(pair, seat)));
  }
  return empty.length;
}

async function takeSeat(pair: Pair, seat: number): Promise<void> {
  const person = pair.people[seat % 2]!;
  const socket: LightSocket = await openSocket(person.url, person.token, {
    onAck: (id, json) => current?.onAck(id, json),
    onEvent: (name, json) => current?.onEvent(seat, name, json),
  });
  if (!pair.away) await join(socket, pair.conversationId);
  seats[seat] = { conversationId: pair.conversationId, socket };
}

async function join(socket: LightSocket, conversationId: string): Promise<void> {
  const answer = (await socket.call("join_conversation", { conversationId })) as { ok: boolean };
  if (!answer.ok) throw new Error(`join refused: ${JSON.stringify(answer)}`);
}

async function run(order: Extract<Order, { order: "run" }>): Promise<RunResult> {
  const { plan, seed, ratePerSecond } = order;
  const durationMs = plan.warmUpMs + plan.windowMs;
  const schedule = poissonSchedule({ seed, ratePerSecond, durationMs, senders: seats.length });
  current = new Run(plan, schedule, seats, nextAckId);
  nextAckId += schedule.dueMs.length;
  return current.perform();
}

async function obey(order: Order): Promise<Report> {
  if (order.order === "run") return { report: "result", result: await run(order) };
  if (order.pairs.length > 0) {
    for (const seat of seats) seat.socket.close();
    pairs = order.pairs;
    seats = [];
  }
  return { report: "connected", reconnected: await connect() };
}

try {
  setPriority(-10);
} catch {
  // Only root may. A generator that waits for the CPU makes the servers look slow; the report's lateness shows it.
}
process.on("message", (order: Order) => {
  obey(order)
    .catch((error: Error): Report => ({ report: "failed", message: error.message }))
    .then((report) => process.send!(report));
});
process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => undefined);
