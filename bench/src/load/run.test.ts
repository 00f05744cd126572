import { expect, test } from "vitest";
import { Histogram } from "./histogram.ts";
import type { LightSocket } from "./light-socket.ts";
import type { RunPlan } from "./run.ts";
import { Run } from "./run.ts";
import { poissonSchedule } from "./schedule.ts";

type Server = (run: () => Run, seat: number, payload: { content: string }, ackId: number) => void;

/** Runs 200 messages/s between two people whose server is `server`. */
async function runAgainst(server: Server, changes: Partial<RunPlan> = {}) {
  const plan = {
    run: 1,
    startAt: Date.now() + 20,
    warmUpMs: 100,
    windowMs: 500,
    drainMs: 100,
    contentLength: 40,
  };
  const schedule = poissonSchedule({ seed: 5, ratePerSecond: 200, durationMs: 600, senders: 2 });
  let run: Run;
  const seats = [0, 1].map((seat) => {
    const send: LightSocket["send"] = (_event, payload, ackId) =>
      server(() => run, seat, payload as { content: string }, ackId);
    return {
      conversationId: "c",
      socket: {
        isOpen: true,
        closed: new Promise<void>(() => undefined),
        send,
        call: () => Promise.resolve(),
        close: () => undefined,
      },
    };
  });
  run = new Run({ ...plan, ...changes }, schedule, seats, 100);
  const result = await run.perform();
  const ack = new Histogram();
  ack.add(result.ack);
  return { result, ack: ack.summary() };
}

const answer: Server = (run, seat, payload, ackId) => {
  const json = JSON.stringify(["new_message", payload]);
  run().onAck(ackId, '[{"ok":true}]');
  for (const each of [0, 1]) run().onEvent(each, "new_message", json);
  // One's own copy is no delivery.
  run().onEvent(seat, "new_message", json);
};

test("every message of the window is offered, acked and delivered once", async () => {
  const { result } = await runAgainst(answer);
  expect(result.offered).toBeGreaterThan(60);
  expect(result).toMatchObject({
    acked: result.offered,
    delivered: result.offered,
    lost: 0,
    repeated: 0,
    errors: {},
  });
});

test("a stall is charged to every message that was due meanwhile", async () => {
  const stallMs = 300;
  const started = Date.now();
  const { ack, result } = await runAgainst((...call) => {
    const wait = Math.max(0, started + 20 + 100 + stallMs - Date.now());
    setTimeout(() => answer(...call), wait);
  });
  expect(result.acked).toBe(result.offered);
  expect(ack.max).toBeGreaterThan(stallMs - 60);
  // A generator that waited for its acks would show one slow message; here more than half the window is slow.
  expect(ack.p50).toBeGreaterThan(20);
});

test("refused, lost, repeated and overtaken messages are told apart", async () => {
  let sent = 0;
  const held: (() => void)[] = [];
  const { result } = await runAgainst((run, seat, payload, ackId) => {
    sent += 1;
    const other = 1 - seat;
    const deliver = () => run().onEvent(other, "new_message", JSON.stringify(["new_message", payload]));
    if (sent === 40) return run().onAck(ackId, '[{"ok":false,"error":{"code":"RATE_LIMITED"}}]');
    if (sent === 41) return undefined;
    run().onAck(ackId, '[{"ok":true}]');
    if (sent === 42) return undefined;
    if (sent === 43) deliver();
    if (sent === 44) return void held.push(deliver);
    deliver();
    // Long after, so that both people have sent since.
    if (sent === 60) for (const late of held) late();
    return undefined;
  });
  expect(result.errors).toEqual({ RATE_LIMITED: 1, unacked: 1 });
  expect(result).toMatchObject({ lost: 1, repeated: 1, overtaken: 1, acked: result.offered - 2 });
});
