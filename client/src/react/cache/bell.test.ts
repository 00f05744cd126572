import type { Notification } from "@parloir/contracts/shapes.ts";
import { expect, test } from "vitest";
import {
  type BellPages,
  bellLines,
  bellUnread,
  withConversationsRead,
  withLine,
  withLinesRead,
} from "./bell.ts";

function line(id: string, seq: number, readAt: string | null = null): Notification {
  const createdAt = new Date(seq * 1_000).toISOString();
  return {
    id,
    type: "message",
    conversationId: `c-${id}`,
    seq,
    title: "Bob",
    message: "Hi",
    count: 1,
    createdAt,
    readAt,
  };
}
const bell: BellPages = {
  pages: [
    { items: [line("b", 2), line("a", 1)], nextCursor: "x", unread: 3 },
    { items: [line("old", 1, "2030-01-01T00:00:00.000Z")], nextCursor: null, unread: 3 },
  ],
  pageParams: [null, "x"],
};
const at = "2031-01-01T00:00:00.000Z";
const ids = (data: BellPages) => bellLines(data).map(({ id }) => id);

test("a new line stands on top and counts; a raised one moves up and does not; a repeat changes nothing", () => {
  const added = withLine(bell, line("new", 1));
  expect([ids(added), bellUnread(added)]).toEqual([["new", "b", "a", "old"], 4]);
  const raised = withLine(bell, line("a", 5));
  expect([ids(raised), bellUnread(raised)]).toEqual([["a", "b", "old"], 3]);
  expect(withLine(raised, line("a", 5))).toBe(raised);
  expect(withLine(raised, line("a", 4))).toBe(raised);
});

test("lines read on another page are read here, and the count is the server's", () => {
  const read = withLinesRead(bell, { ids: ["a", "elsewhere"], unread: 1 }, at);
  expect(bellLines(read).map(({ readAt }) => readAt)).toEqual([null, at, "2030-01-01T00:00:00.000Z"]);
  expect(bellUnread(read)).toBe(1);
});

test("reading a conversation up to its line reads the line", () => {
  expect(withConversationsRead(bell, [{ id: "c-b", lastReadSeq: 1 }], at)).toBe(bell);
  const read = withConversationsRead(bell, [{ id: "c-b", lastReadSeq: 2 }], at);
  expect(bellUnread(read)).toBe(2);
  expect(bellLines(read)[0]?.readAt).toBe(at);
});
