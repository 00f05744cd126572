import type { SendReceipt } from "@parloir/contracts/events.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  coverChanges,
  merge,
  messageOfReceipt,
  noteHead,
  ownBeyond,
  type Timeline,
  timelineOf,
  visible,
} from "./timeline.ts";

const me = "ana";

function stored(seq: number, change = seq): Message {
  return {
    ...messageOfReceipt(
      { clientMessageId: `k${seq}`, content: `text ${seq}` },
      receipt(seq),
      seq % 3 === 0 ? me : "bob",
    ),
    content: change === seq ? `text ${seq}` : `edit ${change}`,
    change,
  };
}

function receipt(seq: number): SendReceipt {
  return { id: `id${seq}`, conversationId: "c", seq, createdAt: "2030-01-01T00:00:00Z", duplicate: false };
}

const seqs = (messages: readonly Message[]) => messages.map((message) => message.seq);
const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

/** Everything that can tell a device of the messages 1…`last`: pushes, pages, acks, and edits of some. */
const arrivals = fc.integer({ min: 1, max: 25 }).chain((last) => {
  const push = fc.integer({ min: 1, max: last }).map((seq) => [stored(seq)]);
  const page = fc
    .tuple(fc.integer({ min: 1, max: last }), fc.integer({ min: 0, max: 8 }))
    .map(([from, length]) => range(from, Math.min(last, from + length)).map((seq) => stored(seq)));
  const edit = fc.integer({ min: 1, max: last }).map((seq) => [stored(seq, last + seq)]);
  const ack = fc.integer({ min: 1, max: Math.max(1, Math.floor(last / 3)) }).map((third) => {
    const seq = Math.min(last, third * 3);
    return [{ ...stored(seq), change: 0 }];
  });
  return fc.record({
    last: fc.constant(last),
    anchor: fc.integer({ min: 1, max: last }),
    batches: fc.array(fc.oneof(push, page, edit, ack), { maxLength: 30 }),
  });
});

function start(anchor: number): Timeline {
  return timelineOf([stored(anchor)], anchor, anchor);
}

const mergeAll = (timeline: Timeline, batches: readonly Message[][]) => batches.reduce(merge, timeline);

describe("merge", () => {
  test("any order and any repetition of pushes, acks and pages gives the same list", () => {
    fc.assert(
      fc.property(
        arrivals.chain(({ batches, anchor }) =>
          fc.record({
            anchor: fc.constant(anchor),
            batches: fc.constant(batches),
            shuffled: fc.shuffledSubarray([...batches, ...batches], {
              minLength: batches.length * 2,
              maxLength: batches.length * 2,
            }),
          }),
        ),
        ({ anchor, batches, shuffled }) => {
          expect(mergeAll(start(anchor), shuffled)).toEqual(mergeAll(start(anchor), batches));
        },
      ),
    );
  });

  test("the visible run never has a hole, and says when something is missing", () => {
    fc.assert(
      fc.property(arrivals, ({ anchor, batches }) => {
        const timeline = mergeAll(start(anchor), batches);
        const shown = visible(timeline);
        const [first = 0] = seqs(shown.messages);
        expect(seqs(shown.messages)).toEqual(range(first, shown.cursor));
        expect(shown.messages).toContainEqual(expect.objectContaining({ seq: anchor }));
        const known = new Set(batches.flat().map((message) => message.seq)).add(anchor);
        expect(known.has(first - 1)).toBe(false);
        expect(known.has(shown.cursor + 1)).toBe(false);
        expect(shown.behind).toBe(Math.max(...known) > shown.cursor);
      }),
    );
  });

  test("with every message there the list is complete, whatever came before", () => {
    fc.assert(
      fc.property(arrivals, ({ last, anchor, batches }) => {
        const all = range(1, last).map((seq) => stored(seq));
        const shown = visible(merge(mergeAll(start(anchor), batches), all));
        expect(seqs(shown.messages)).toEqual(range(1, last));
        expect(shown.behind).toBe(false);
      }),
    );
  });

  test("what is already known changes nothing, not even the identity", () => {
    const timeline = timelineOf(
      range(1, 5).map((seq) => stored(seq)),
      5,
      5,
    );
    expect(merge(timeline, [stored(3), stored(5)])).toBe(timeline);
  });

  test("an edit replaces, an older version does not", () => {
    const timeline = timelineOf([stored(1), stored(2, 9)], 2, 9);
    expect(merge(timeline, [stored(2)]).messages[1]?.content).toBe("edit 9");
    expect(merge(timeline, [stored(1, 10)]).messages[0]?.content).toBe("edit 10");
  });
});

describe("changes", () => {
  const start = timelineOf([stored(1), stored(2)], 2, 2);
  const changes = ({ change, ahead }: Timeline) => [change, ahead];

  test("are known up to the first that has not come, whatever came beyond", () => {
    const beyond = merge(merge(start, [stored(1, 5)]), [stored(3)]);
    expect(changes(beyond)).toEqual([3, [5]]);
    expect(changes(merge(beyond, [stored(2, 4)]))).toEqual([5, []]);
  });

  test("that one message took together count when an answer says so", () => {
    const beyond = merge(start, [stored(1, 5), stored(2, 7)]);
    expect(changes(coverChanges(beyond, 4))).toEqual([5, [7]]);
    expect(changes(coverChanges(beyond, 9))).toEqual([9, []]);
    expect(coverChanges(beyond, 1)).toBe(beyond);
  });

  test("an older version that comes late fills its place and does not bring its words back", () => {
    const late = merge(merge(start, [stored(1, 4)]), [stored(1, 3)]);
    expect(changes(late)).toEqual([4, []]);
    expect(late.messages[0]?.content).toBe("edit 4");
  });
});

test("an empty conversation begins behind its head", () => {
  const cleared = timelineOf([], 7, 7);
  expect(visible(cleared)).toEqual({ messages: [], cursor: 7, behind: false });
  expect(seqs(visible(merge(cleared, [stored(8)])).messages)).toEqual([8]);
  expect(visible(merge(cleared, [stored(9)]))).toEqual({ messages: [], cursor: 7, behind: true });
});

test("a head heard of from elsewhere shows as being behind", () => {
  const timeline = timelineOf([stored(1)], 1, 1);
  expect(visible(noteHead(timeline, 2)).behind).toBe(true);
  expect(noteHead(timeline, 1)).toBe(timeline);
});

describe("own messages", () => {
  const item = (seq: number) => ({ clientMessageId: `k${seq}`, conversationId: "c", content: `text ${seq}` });

  test("stay in sight between ack and repair of a hole", () => {
    const timeline = merge(timelineOf([stored(1)], 1, 1), [{ ...stored(6), change: 0 }]);
    const own = ownBeyond(timeline, [item(9)], me);
    expect(seqs(own.stored)).toEqual([6]);
    expect(own.pending).toEqual([item(9)]);
  });

  test("are never shown twice, whichever of ack and push comes first", () => {
    const timeline = merge(timelineOf([stored(5)], 5, 5), [stored(6)]);
    expect(ownBeyond(timeline, [item(6)], me)).toEqual({ stored: [], pending: [] });
  });
});
