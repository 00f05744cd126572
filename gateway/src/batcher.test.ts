import { CodedError } from "@parloir/contracts/errors.ts";
import type { ReadMark } from "@parloir/contracts/shapes.ts";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiClient } from "./api-client.ts";
import { createBatcher } from "./batcher.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const budgetMs = 4_500;
const callMs = 10;
interface Item {
  userId: string;
  conversationId: string;
  seq: number;
}

/** An api that answers each item with its own seq after `callMs`, or as `behave` says. */
function scene(
  options: { lanes?: number; maxItems?: number; behave?: (items: Item[], call: number) => void } = {},
) {
  const calls: Item[][] = [];
  const stored: Item[] = [];
  const api = {
    async call(_: string, items: Item[]) {
      calls.push(items);
      const number = calls.length;
      await new Promise((resolve) => setTimeout(resolve, callMs));
      options.behave?.(items, number);
      stored.push(...items);
      const results = items.map(({ seq }) =>
        seq < 0
          ? { ok: false, error: { code: "NOT_FOUND", message: "no such conversation", retryable: false } }
          : { ok: true, data: { lastReadSeq: seq, unreadCount: 0 } },
      );
      return { epoch: "1", results };
    },
  };
  const { lanes = 1, maxItems = 200 } = options;
  const batcher = createBatcher({
    route: "marks",
    api: api as unknown as ApiClient,
    lanes,
    maxItems,
    budgetMs,
  });
  const submit = (key: string, seq: number) =>
    batcher.submit(key, { userId: "ana", conversationId: key, seq });
  return { calls, stored, batcher, submit };
}

/** What became of a promise, without waiting for it. */
function watched(promise: Promise<ReadMark>) {
  const outcome = { code: "pending" };
  promise.then(
    () => {
      outcome.code = "ok";
    },
    (error: unknown) => {
      outcome.code = error instanceof CodedError ? error.code : String(error);
    },
  );
  return outcome;
}

const fail = () => {
  throw new Error("connection refused");
};

describe("the batcher", () => {
  it("sends at once what comes when it is idle, and gathers what comes while a call is under way", async () => {
    const { calls, submit } = scene();
    const first = submit("a", 1);
    await vi.advanceTimersByTimeAsync(1);
    const others = [2, 3, 4].map((seq) => submit("a", seq));
    await vi.advanceTimersByTimeAsync(100);
    expect(calls.map((items) => items.map((item) => item.seq))).toEqual([[1], [2, 3, 4]]);
    expect((await Promise.all([first, ...others])).map((mark) => mark.lastReadSeq)).toEqual([1, 2, 3, 4]);
  });

  it("takes at most maxItems into one call", async () => {
    const { calls, submit } = scene({ maxItems: 4 });
    const all = Promise.all(Array.from({ length: 10 }, (_, seq) => submit("a", seq)));
    await vi.advanceTimersByTimeAsync(100);
    await all;
    expect(calls.map((items) => items.length)).toEqual([4, 4, 2]);
  });

  it("lets one item fail alone", async () => {
    const { submit } = scene();
    const outcomes = [submit("a", 1), submit("a", -1), submit("a", 3)].map(watched);
    await vi.advanceTimersByTimeAsync(100);
    expect(outcomes.map((outcome) => outcome.code)).toEqual(["ok", "NOT_FOUND", "ok"]);
  });

  it("keeps the order of each key, and loses nothing, whichever calls fail", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.nat(4), pause: fc.constantFrom(0, 0, 0, 3, 15) }), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.array(fc.boolean(), { maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 9 }),
        async (submissions, failures, lanes, maxItems) => {
          const behave = (_: Item[], call: number) => void (failures[call - 1] && fail());
          const { stored, submit } = scene({ lanes, maxItems, behave });
          const outcomes: { code: string }[] = [];
          for (const [seq, { key, pause }] of submissions.entries()) {
            outcomes.push(watched(submit(`key ${key}`, seq)));
            if (pause > 0) await vi.advanceTimersByTimeAsync(pause);
          }
          await vi.advanceTimersByTimeAsync(4_000);
          expect(outcomes.map((outcome) => outcome.code)).toEqual(submissions.map(() => "ok"));
          for (const key of [0, 1, 2, 3, 4]) {
            const sent = [...submissions.keys()].filter((seq) => submissions[seq]!.key === key);
            expect(
              stored.filter((item) => item.conversationId === `key ${key}`).map((item) => item.seq),
            ).toEqual(sent);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives up an item when its budget is spent, and not before", async () => {
    const { submit } = scene({ behave: fail });
    const outcome = watched(submit("a", 1));
    await vi.advanceTimersByTimeAsync(budgetMs - 200);
    expect(outcome.code).toBe("pending");
    await vi.advanceTimersByTimeAsync(500);
    expect(outcome.code).toBe("UNAVAILABLE");
  });

  it("after a whole budget of failures refuses at once, asks now and then, and comes back with the api", async () => {
    let works = false;
    const { calls, submit } = scene({ behave: () => void (works || fail()) });
    const first = watched(submit("a", 1));
    await vi.advanceTimersByTimeAsync(budgetMs + 500);
    expect(first.code).toBe("UNAVAILABLE");

    const before = calls.length;
    const probe = watched(submit("a", 2));
    const refused = [3, 4, 5].map((seq) => watched(submit("a", seq)));
    await vi.advanceTimersByTimeAsync(100);
    expect(refused.map((outcome) => outcome.code)).toEqual(["UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE"]);
    expect(calls.slice(before).every((items) => items.length === 1)).toBe(true);
    expect(probe.code).toBe("pending");

    works = true;
    await vi.advanceTimersByTimeAsync(500);
    expect(probe.code).toBe("ok");
    const afterwards = watched(submit("a", 6));
    await vi.advanceTimersByTimeAsync(100);
    expect(afterwards.code).toBe("ok");
  });

  it("asks again for what an api answers UNAVAILABLE, item by item", async () => {
    const answers = [
      {
        epoch: "1",
        results: [
          { ok: true, data: { lastReadSeq: 1, unreadCount: 0 } },
          { ok: false, error: { code: "UNAVAILABLE", message: "", retryable: true } },
        ],
      },
      { epoch: "1", results: [{ ok: true, data: { lastReadSeq: 2, unreadCount: 0 } }] },
    ];
    const api = { call: async () => answers.shift() };
    const batcher = createBatcher({
      route: "marks",
      api: api as unknown as ApiClient,
      lanes: 1,
      maxItems: 10,
      budgetMs,
    });
    const outcomes = [1, 2].map((seq) =>
      watched(batcher.submit("a", { userId: "ana", conversationId: "a", seq })),
    );
    await vi.advanceTimersByTimeAsync(50);
    expect(outcomes.map((outcome) => outcome.code)).toEqual(["ok", "pending"]);
    await vi.advanceTimersByTimeAsync(500);
    expect(outcomes.map((outcome) => outcome.code)).toEqual(["ok", "ok"]);
  });

  it("is drained when every lane has come to rest", async () => {
    const { batcher, submit } = scene({ lanes: 3 });
    await batcher.drained();
    const outcomes = ["a", "b", "c", "d"].map((key) => watched(submit(key, 1)));
    let drained = false;
    const done = batcher.drained().then(() => {
      drained = true;
    });
    await vi.advanceTimersByTimeAsync(callMs - 1);
    expect(drained).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    await done;
    expect(outcomes.every((outcome) => outcome.code === "ok")).toBe(true);
  });
});
