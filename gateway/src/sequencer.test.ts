import type { SyncItem } from "@parloir/contracts/events.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import { createMetrics } from "@parloir/platform/metrics.ts";
import fc from "fast-check";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSequencer } from "./sequencer.ts";

const id = "conversation";
const message = (seq: number, change = seq) =>
  ({ conversationId: id, seq, change, content: `message ${seq} at ${change}` }) as Message;
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A sequencer over a database that holds messages 1 … head, and whose reader can be out of order. */
function scene(head = 0) {
  const state = { readable: true, reads: 0, delivered: [] as number[], resyncs: 0 };
  /** As they stand, by seq; and everything that was ever published, by change. */
  const rows = upTo(head).map((seq) => message(seq));
  const published = [...rows];
  /** What a socket shows: the last version delivered of each. */
  const shown: Message[] = [];
  const updates: number[] = [];
  const sequencer = createSequencer({
    async read(conversationId, after, limit, change): Promise<SyncItem> {
      state.reads += 1;
      const older = rows.filter((row) => row.seq <= after && row.change > change);
      older.sort((a, b) => a.change - b.change);
      const messages = [...older, ...rows.slice(after)].slice(0, limit);
      const last = messages.at(-1);
      const isCut = messages.length === limit && last !== undefined && last.seq <= after;
      const reached = Math.max(after, last?.seq ?? 0);
      const answer = {
        conversationId,
        messages,
        lastSeq: rows.length,
        lastChange: isCut ? last.change : published.length,
        complete: !isCut && reached >= rows.length,
      };
      // What is committed while the answer is on its way is not in it.
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (!state.readable) throw new Error("the api does not answer");
      return answer;
    },
    deliver(_, released, __, what) {
      if (what === "new") state.delivered.push(released.seq);
      else updates.push(released.change);
      expect(released.change).toBeGreaterThan(shown[released.seq - 1]?.change ?? 0);
      shown[released.seq - 1] = released;
    },
    resync: () => {
      state.resyncs += 1;
    },
    log: pino({ level: "silent" }),
    metrics: createMetrics("gateway", "test"),
  });

  function commit(count = 1): void {
    for (let n = 0; n < count; n++) {
      const next = message(rows.length + 1, published.length + 1);
      rows.push(next);
      published.push(next);
    }
  }

  /** An edit, a reaction, a deletion: the same to the sequencer. */
  function alter(seq: number): Message {
    const next = message(seq, published.length + 1);
    rows[seq - 1] = next;
    published.push(next);
    return next;
  }

  const headNow = () => ({ lastSeq: rows.length, lastChange: published.length });
  return { state, sequencer, rows, published, shown, updates, commit, alter, head: headNow };
}

describe("the sequencer", () => {
  type Step =
    | { do: "commit" }
    | { do: "alter"; pick: number }
    | { do: "push"; pick: number }
    | { do: "tip" }
    | { do: "wait"; ms: number }
    | { do: "reader"; works: boolean };
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ do: "commit" as const }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("alter" as const), pick: fc.nat() }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("push" as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.constant({ do: "tip" as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 1_200 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("reader" as const), works: fc.boolean() }) },
  );

  it("gives 1..n in order, each once, and every change, for any order, repetition and loss of pushes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const { state, sequencer, rows, published, shown, updates, commit, alter, head } = scene();
        sequencer.open(id, 0);
        for (const each of steps) {
          if (each.do === "commit") commit();
          else if (each.do === "alter" && rows.length > 0) alter(1 + (each.pick % rows.length));
          else if (each.do === "push" && published.length > 0)
            sequencer.push(published[each.pick % published.length]!);
          else if (each.do === "tip") sequencer.tip(id, head());
          else if (each.do === "wait") await vi.advanceTimersByTimeAsync(each.ms);
          else if (each.do === "reader") state.readable = each.works;
          expect(state.delivered).toEqual(upTo(state.delivered.length));
          expect(updates).toEqual([...new Set(updates)].toSorted((a, b) => a - b));
        }
        // In the end somebody tells the head, and the reader answers again.
        state.readable = true;
        sequencer.tip(id, head());
        await vi.advanceTimersByTimeAsync(5_000);
        expect(state.delivered).toEqual(upTo(rows.length));
        expect(shown).toEqual(rows);
        expect(state.resyncs).toBe(0);
        // What the ring answers is what a read would.
        for (const seq of [0, Math.floor(rows.length / 2), rows.length])
          for (const change of [0, Math.floor(published.length / 2), published.length]) {
            const found = sequencer.since(id, seq, change);
            const due = rows.filter((row) => row.seq > seq || row.change > change);
            expect(found?.messages.toSorted((a, b) => a.seq - b.seq)).toEqual(due);
          }
        sequencer.stop();
      }),
      { numRuns: 150 },
    );
  });

  it("waits for a push that is a little late instead of reading", async () => {
    const { state, sequencer } = scene(3);
    sequencer.open(id, 0);
    sequencer.push(message(2));
    sequencer.push(message(3));
    await vi.advanceTimersByTimeAsync(50);
    expect(state.delivered).toEqual([]);
    sequencer.push(message(1));
    expect(state.delivered).toEqual([1, 2, 3]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(state.reads).toBe(0);
  });

  it("reads a gap once for everybody, and a lost last message by its tip", async () => {
    const { state, sequencer, commit } = scene(5);
    sequencer.open(id, 0);
    sequencer.push(message(1));
    sequencer.push(message(3));
    await vi.advanceTimersByTimeAsync(2_000);
    expect([state.delivered, state.reads]).toEqual([[1, 2, 3, 4, 5], 1]);
    commit();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(state.delivered).toEqual(upTo(5));
    sequencer.tip(id, 6);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([state.delivered, state.reads]).toEqual([upTo(6), 2]);
  });

  it("catches up at once when asked to, by pages", async () => {
    const { state, sequencer } = scene(450);
    sequencer.open(id, 0);
    const caughtUp = sequencer.catchUp(id, 450);
    await vi.advanceTimersByTimeAsync(20);
    await caughtUp;
    expect(state.delivered).toEqual(upTo(450));
    expect(state.reads).toBe(3);
  });

  it("tells to resync, once, when more is missing than is worth pushing", async () => {
    const { state, sequencer, rows, commit } = scene(5_000);
    sequencer.open(id, 0);
    sequencer.tip(id, 5_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([state.delivered, state.resyncs, sequencer.position(id)]).toEqual([[], 1, 5_000]);
    commit();
    sequencer.push(rows.at(-1)!);
    expect(state.delivered).toEqual([5_001]);
  });

  it("delivers what was missed of a message as it stands by now, once, and goes on from there", async () => {
    const { state, sequencer, updates, shown, rows, alter, commit, head } = scene(3);
    sequencer.open(id, 3);
    for (let n = 0; n < 40; n++) alter(2);
    commit();
    alter(4);
    const last = alter(1);
    sequencer.push(last);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([state.delivered, updates, state.reads]).toEqual([[4], [43, 46], 1]);
    expect([shown[1], shown[3], shown[0]]).toEqual([rows[1], rows[3], last]);
    sequencer.push(alter(3));
    expect([sequencer.position(id), sequencer.change(id)]).toEqual([4, head().lastChange]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.reads).toBe(1);
  });

  it("holds what is pushed while a repair is between two pages", async () => {
    const { state, sequencer, shown, rows, commit, alter, head } = scene();
    sequencer.open(id, 0);
    commit(450);
    const caughtUp = sequencer.catchUp(id, head());
    await vi.advanceTimersByTimeAsync(6);
    expect(sequencer.position(id)).toBe(200);
    commit();
    sequencer.push(rows[450]!);
    sequencer.push(alter(300));
    sequencer.push(alter(3));
    expect(state.delivered).toEqual(upTo(200));
    await vi.advanceTimersByTimeAsync(20);
    await caughtUp;
    expect(state.delivered).toEqual(upTo(451));
    expect(shown).toEqual(rows);
  });

  it("does not take a tip for answered by a read that began before it", async () => {
    const { state, sequencer, commit, head } = scene();
    sequencer.open(id, 0);
    commit();
    const caughtUp = sequencer.catchUp(id, head());
    commit();
    sequencer.tip(id, head());
    await vi.advanceTimersByTimeAsync(5);
    await caughtUp;
    expect(state.delivered).toEqual([1]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(state.delivered).toEqual([1, 2]);
  });

  it("stops asking for a tip that the database does not have", async () => {
    const { state, sequencer } = scene(3);
    sequencer.open(id, 3);
    sequencer.tip(id, 9);
    await vi.advanceTimersByTimeAsync(1_000);
    const { reads } = state;
    expect(reads).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.reads).toBe(reads);
  });

  it("forgets a closed conversation, also one that is being repaired", async () => {
    const { state, sequencer } = scene(3);
    sequencer.open(id, 0);
    const repair = sequencer.catchUp(id, 3);
    sequencer.close(id);
    await vi.advanceTimersByTimeAsync(5_000);
    await repair;
    expect([state.delivered, sequencer.conversations()]).toEqual([[], []]);
    sequencer.push(message(1));
    expect(state.delivered).toEqual([]);
  });
});

describe("the ring", () => {
  it("answers exactly what follows a cursor while it covers it, and else says that it does not know", async () => {
    const { sequencer } = scene();
    sequencer.open(id, 10);
    for (let seq = 11; seq <= 15; seq++) sequencer.push(message(seq));
    const seqs = (after: number) => sequencer.since(id, after)?.messages.map((each) => each.seq);
    expect([seqs(10), seqs(12), seqs(15)]).toEqual([[11, 12, 13, 14, 15], [13, 14, 15], []]);
    expect([seqs(9), seqs(0), seqs(16)]).toEqual([undefined, undefined, undefined]);
    expect(sequencer.since("another", 0)).toBeNull();
  });

  it("covers the newest 100 at least, a bounded number, and nothing older than two minutes", async () => {
    const { sequencer } = scene();
    sequencer.open(id, 0);
    for (const seq of upTo(1_000)) {
      sequencer.push(message(seq));
      expect(sequencer.since(id, Math.max(0, seq - 100))?.messages).toHaveLength(Math.min(seq, 100));
      if (seq > 200) expect(sequencer.since(id, seq - 201)).toBeNull();
    }
    await vi.advanceTimersByTimeAsync(120_001);
    expect(sequencer.since(id, 999)).toBeNull();
    expect(sequencer.since(id, 1_000)).toEqual({ messages: [], lastSeq: 1_000, lastChange: 1_000 });
  });
});
