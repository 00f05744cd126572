import type { Message } from "@parloir/contracts/shapes.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { messageOfReceipt } from "../../core/timeline.ts";
import { allMessages, followRun, type MessagePages, mergeMessages } from "./pages.ts";

function message(seq: number, change = seq): Message {
  const receipt = {
    id: `m${seq}`,
    conversationId: "c",
    seq,
    createdAt: "2030-01-01T00:00:00.000Z",
    duplicate: false,
  };
  const written = { clientMessageId: `k${seq}`, content: `${seq} at ${change}` };
  return { ...messageOfReceipt(written, receipt, "ana"), change };
}
const messages = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));

/** Two pages: 11 to 20, and 21 to 30; there is more before. */
const cached: MessagePages = {
  pages: [
    { messages: messages(21, 30), hasOlder: true },
    { messages: messages(11, 20), hasOlder: true },
  ],
  pageParams: [null, 21],
};
const contents = (data: MessagePages) => allMessages(data).map(({ content }) => content);

test("in whatever order and however often messages come, the same pages result", () => {
  const news = fc.array(
    fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 60 }))
      .map(([seq, change]) => message(seq, change)),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(news, fc.func(fc.integer()), fc.integer({ min: 1, max: 5 }), (all, rank, size) => {
      const shuffled = all.toSorted((a, b) => rank(a.content) - rank(b.content));
      let other = cached;
      for (let at = 0; at < shuffled.length; at += size)
        other = mergeMessages(other, shuffled.slice(at, at + size));
      for (const one of all.slice(0, 3)) other = mergeMessages(other, [one]);
      expect(contents(other)).toEqual(contents(mergeMessages(cached, all)));
      expect(other.pages.map((page) => page.messages[0]?.seq)).toEqual([21, 11]);
    }),
  );
});

test("a push lands in the newest page, an edit in its own, and the other page stays the same object", () => {
  const pushed = mergeMessages(cached, [message(31)]);
  expect(pushed.pages[0]?.messages.at(-1)?.seq).toBe(31);
  expect(pushed.pages[1]).toBe(cached.pages[1]);
  const edited = mergeMessages(cached, [message(15, 99)]);
  expect(edited.pages[0]).toBe(cached.pages[0]);
  expect(contents(edited)).toContain("15 at 99");
  expect(mergeMessages(cached, [message(15)])).toBe(cached);
});

test("what is older than the oldest page waits for a page of its own", () => {
  expect(mergeMessages(cached, [message(3)])).toBe(cached);
  const whole = { pages: [{ messages: [], hasOlder: false }], pageParams: [null] };
  expect(contents(mergeMessages(whole, messages(1, 2)))).toHaveLength(2);
});

test("a run that cannot be joined replaces what was cached", () => {
  const joined = followRun(cached, { messages: messages(25, 33), hasOlder: true });
  expect(allMessages(joined).map(({ seq }) => seq)).toEqual(messages(11, 33).map(({ seq }) => seq));
  const beyond = { messages: messages(200, 249), hasOlder: true };
  expect(followRun(cached, beyond)).toEqual({ pages: [beyond], pageParams: [null] });
  const restored = { messages: messages(1, 12), hasOlder: false };
  expect(followRun(cached, restored).pages).toEqual([restored]);
});
