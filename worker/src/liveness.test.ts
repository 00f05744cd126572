import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchLiveness } from "./liveness.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Both parts see what the test says waits for them. */
function worker(
  waiting: { jobs?: () => number | undefined; rows?: () => number | undefined },
  queueTakes: () => Promise<boolean> = async () => true,
) {
  const stuck: string[] = [];
  const liveness = watchLiveness({
    queueTakes,
    waiting: {
      jobs: async () => waiting.jobs?.(),
      relay: async () => waiting.rows?.(),
    },
    onStuck: (part) => void stuck.push(part),
    log: pino({ level: "silent" }),
  });
  return { ...liveness, stuck: () => [...new Set(stuck)] };
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

describe("a worker", () => {
  it.each<[string, Parameters<typeof worker>[0], string]>([
    ["its queue", { jobs: () => 3, rows: () => 0 }, "jobs"],
    ["the outbox", { jobs: () => 0, rows: () => 3 }, "relay"],
  ])(
    "that has work in %s and does none is stuck, after half a minute and not before",
    async (_, waiting, part) => {
      const { stuck, stop } = worker(waiting);
      await pass(29);
      expect(stuck()).toEqual([]);
      await pass(11);
      expect(stuck()).toEqual([part]);
      stop();
    },
  );

  it.each<[string, Parameters<typeof worker>[0]]>([
    ["has nothing to do", { jobs: () => 0, rows: () => 0 }],
    ["cannot ask its stores", {}],
  ])("that %s is not stuck, however long", async (_, waiting) => {
    const { stuck, stop } = worker(waiting);
    await pass(600);
    expect(stuck()).toEqual([]);
    stop();
  });

  it.each<[string, () => Promise<boolean>]>([
    ["takes nothing", async () => false],
    ["cannot be asked", () => Promise.reject(new Error("gone"))],
    ["never answers", () => new Promise(() => undefined)],
  ])(
    "whose queue %s is not stuck, however many rows Postgres has, and gets its half minute then",
    async (_, away) => {
      let takes = away;
      const { stuck, stop } = worker({ jobs: () => 3, rows: () => 3 }, () => takes());
      await pass(600);
      expect(stuck()).toEqual([]);
      takes = async () => true;
      await pass(25);
      expect(stuck()).toEqual([]);
      await pass(20);
      expect(stuck()).toEqual(["jobs", "relay"]);
      stop();
    },
  );

  it("that is slow but does something is not stuck", async () => {
    const { stuck, progressed, stop } = worker({ jobs: () => 1_000, rows: () => 1_000 });
    for (let n = 0; n < 20; n++) {
      await pass(25);
      progressed("jobs");
      progressed("relay");
    }
    expect(stuck()).toEqual([]);
    stop();
  });

  it("that does one kind of work is stuck all the same in the other", async () => {
    const { stuck, progressed, stop } = worker({ jobs: () => 1, rows: () => 1 });
    for (let n = 0; n < 10; n++) {
      await pass(5);
      progressed("relay");
    }
    expect(stuck()).toEqual(["jobs"]);
    stop();
  });

  it("that waits for one store's answer is stuck all the same in what the other has", async () => {
    const stuck: string[] = [];
    const { stop } = watchLiveness({
      queueTakes: async () => true,
      waiting: { jobs: () => new Promise<undefined>(() => undefined), relay: async () => 1 },
      onStuck: (part) => void stuck.push(part),
      log: pino({ level: "silent" }),
    });
    await pass(60);
    expect(new Set(stuck)).toEqual(new Set(["relay"]));
    stop();
  });

  it("whose store comes back with work in it gets its half minute first", async () => {
    let jobs: number | undefined;
    const { stuck, stop } = worker({ jobs: () => jobs });
    await pass(120);
    jobs = 5;
    await pass(25);
    expect(stuck()).toEqual([]);
    await pass(15);
    expect(stuck()).toEqual(["jobs"]);
    stop();
  });
});
