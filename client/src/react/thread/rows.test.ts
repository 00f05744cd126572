import type { Message } from "@parloir/contracts/shapes.ts";
import { expect, test } from "vitest";
import type { Pending } from "../../core/outbox.ts";
import { rowsOf, showsMeta } from "./rows.ts";

function message(seq: number, senderId: string, createdAt: string): Message {
  return {
    conversationId: "c",
    seq,
    id: `m${seq}`,
    senderId,
    clientMessageId: `k${seq}`,
    kind: "text",
    content: `text ${seq}`,
    attachments: [],
    replyToSeq: null,
    mentions: [],
    reactions: [],
    createdAt,
    editedAt: null,
    deletedAt: null,
    change: seq,
  };
}

const pending: Pending = {
  clientMessageId: "k9",
  userId: "ana",
  conversationId: "c",
  content: "text 9",
  createdAt: "2030-05-02T10:01:30",
  order: 1,
  failure: null,
  owner: "tab",
  state: "sending",
};

const messages = [
  message(1, "ana", "2030-05-01T10:00:00"),
  message(2, "ana", "2030-05-01T10:01:00"),
  message(3, "ana", "2030-05-01T10:10:00"),
  message(4, "bob", "2030-05-02T10:00:00"),
  message(5, "bob", "2030-05-02T10:00:30"),
  message(6, "ana", "2030-05-02T10:01:00"),
];

const all = { messages, stored: [], pending: [pending], me: "ana", readUpTo: 3, unreadAfter: 4 };

test("groups end at another author, a pause, a new day and the unread line", () => {
  const rows = rowsOf(all);
  expect(rows.map((row) => row.startsGroup)).toEqual([true, false, true, true, true, true, false]);
  expect(rows.map((row) => row.endsGroup)).toEqual([false, true, true, true, true, false, true]);
  expect(rows.map((row) => row.startsDay)).toEqual([true, false, false, true, false, false, false]);
});

test("the unread line stands once, before the first unread message of somebody else", () => {
  const at = (unreadAfter: number | null) =>
    rowsOf({ ...all, unreadAfter }).flatMap((row) => (row.startsUnread ? [row.seq] : []));
  expect(at(4)).toEqual([5]);
  expect(at(1)).toEqual([4]);
  expect(at(5)).toEqual([]);
  expect(at(null)).toEqual([]);
});

test("own messages tell what became of them", () => {
  const rows = rowsOf(all);
  expect(rows.map((row) => row.delivery)).toEqual(["read", "read", "read", null, null, "sent", "sending"]);
  expect(showsMeta(rows[5]!, rows[6])).toBe(true);
  expect(showsMeta(rows[0]!, rows[1])).toBe(false);
});

test("a message keeps its key when it is confirmed", () => {
  const [before] = rowsOf({ ...all, messages: [] });
  const [after] = rowsOf({ ...all, messages: [{ ...message(9, "ana", pending.createdAt) }], pending: [] });
  expect(after?.key).toBe(before?.key);
});
