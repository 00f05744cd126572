import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drainSockets } from "./drain.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const drainMs = 10_000;
const balancerMs = 0;

/** Sockets that leave only when they are closed; `busy` ones have a command under way all the time. */
function crowd(count: number, busy = 0) {
  const sockets = new Map<number, unknown>();
  const told: { at: number; reconnectInMs: number }[] = [];
  const closed: { id: number; at: number }[] = [];
  const start = performance.now();
  for (let id = 0; id < count; id++) {
    const data = { underWay: id < busy ? 1 : 0, answeredAt: 0, leaving: false };
    const close = () => {
      sockets.delete(id);
      closed.push({ id, at: performance.now() - start });
    };
    const emit = (_: string, { reconnectInMs }: { reconnectInMs: number }) =>
      told.push({ at: performance.now() - start, reconnectInMs });
    sockets.set(id, { data, emit, conn: { close } });
  }
  const log = pino({ level: "silent" });
  const done = drainSockets({ io: { of: () => ({ sockets }) } as never, drainMs, log });
  const over = async () => {
    let isOver = false;
    void done.then(() => {
      isOver = true;
    });
    while (!isOver) await vi.advanceTimersByTimeAsync(10);
    return performance.now() - start;
  };
  return { sockets, told, closed, over };
}

describe("a drain", () => {
  it("of nobody is over at once", async () => {
    expect(await crowd(0).over()).toBeLessThan(100);
  });

  it("tells everyone once, after the balancer knows, to leave at different times within the drain", async () => {
    const { told, over } = crowd(100);
    await over();
    expect(told).toHaveLength(100);
    expect(Math.min(...told.map(({ at }) => at))).toBeGreaterThanOrEqual(balancerMs);
    const delays = told.map(({ reconnectInMs }) => reconnectInMs);
    expect(Math.max(...delays)).toBeLessThan(drainMs - balancerMs);
    expect(new Set(delays).size).toBeGreaterThan(50);
  });

  it("leaves those who move by themselves the first half, then closes the others at a paced rate", async () => {
    const { sockets, closed, over } = crowd(100);
    const took = await over();
    expect(took).toBeLessThanOrEqual(drainMs);
    expect([sockets.size, closed.length]).toEqual([0, 100]);
    expect(Math.min(...closed.map(({ at }) => at))).toBeGreaterThan(drainMs / 4);
    const perTick = Map.groupBy(closed, ({ at }) => Math.floor(at / 50));
    for (const together of perTick.values()) expect(together.length).toBeLessThanOrEqual(20);
  });

  it("closes nobody whose command is under way, until its time is over", async () => {
    const { closed, over } = crowd(20, 5);
    const took = await over();
    expect(took).toBeLessThanOrEqual(drainMs);
    const busy = closed.filter(({ id }) => id < 5);
    expect(busy).toHaveLength(5);
    for (const { at } of busy) expect(took - at).toBeLessThan(200);
    for (const { at } of closed.filter(({ id }) => id >= 5)) expect(at).toBeLessThan(busy[0]!.at);
  });

  it("is over as soon as the last one has left", async () => {
    const { sockets, closed, over } = crowd(10);
    setTimeout(() => sockets.clear(), balancerMs + 500);
    expect(await over()).toBeLessThan(balancerMs + 700);
    expect(closed).toEqual([]);
  });
});
