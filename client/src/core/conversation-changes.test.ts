import type { Conversation, Message } from "@parloir/contracts/shapes.ts";
import { expect, test } from "vitest";
import { newer, withMessage, withShared } from "./conversation-changes.ts";

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, "0")}.000Z`;

function message(seq: number, change = seq, senderId = "ben"): Message {
  return {
    conversationId: "c",
    seq,
    id: `id-${seq}`,
    senderId,
    clientMessageId: `k${seq}`,
    kind: "text",
    content: `text ${seq}`,
    attachments: [],
    replyToSeq: null,
    mentions: [],
    reactions: [],
    createdAt: at(seq),
    editedAt: null,
    deletedAt: null,
    change,
  };
}

const line = (seq: number): Message => ({
  ...message(seq),
  senderId: "parloir:system",
  kind: "system",
  system: { event: "member_left", actor: null, person: { userId: "cal", name: "Cal" } },
});

/** Two messages of ben's, of which ana has read the first. */
const present: Conversation = {
  id: "c",
  kind: "group",
  subject: null,
  status: "open",
  assigneeId: null,
  participants: [],
  lastSeq: 2,
  lastChange: 2,
  lastMessage: message(2),
  cycle: 1,
  createdAt: at(0),
  updatedAt: at(2),
  lastReadSeq: 1,
  unreadCount: 1,
  archived: false,
  mutedUntil: null,
};
const me = "ana";

test("a system line is a head and an activity, but nobody's unread message and not the last one", () => {
  expect(withMessage(present, line(3), me)).toEqual({
    ...present,
    lastSeq: 3,
    lastChange: 3,
    updatedAt: at(3),
  });
});

test("a message behind lines counts once", () => {
  const told = withMessage(withMessage(present, line(3), me)!, line(4), me)!;
  expect(withMessage(told, message(5), me)).toMatchObject({
    lastSeq: 5,
    unreadCount: 2,
    lastMessage: { seq: 5 },
  });
});

test("the last message that is edited with a line behind it is shown as it stands", () => {
  const told = withMessage(present, line(3), me)!;
  const edited = { ...message(2, 4), content: "edited" };
  const after = withMessage(told, edited, me)!;
  expect(after).toMatchObject({
    lastSeq: 3,
    lastChange: 4,
    unreadCount: 1,
    lastMessage: { content: "edited" },
  });
  expect(withMessage(after, message(2), me)).toBeNull();
  expect(withMessage(after, message(1, 5), me)).toMatchObject({
    lastChange: 5,
    lastMessage: { content: "edited" },
  });
});

test("what is told to everybody without the last message, which one of them may not see, takes it from nobody", () => {
  const { lastReadSeq: _, unreadCount: __, archived: ___, mutedUntil: ____, ...shared } = present;
  const added = { ...shared, lastSeq: 3, lastChange: 3, lastMessage: null, updatedAt: at(3) };
  expect(withShared(present, added)).toMatchObject({ lastSeq: 3, lastMessage: { seq: 2 }, unreadCount: 1 });
  const older = { ...shared, lastSeq: 1, lastMessage: message(1), updatedAt: at(1) };
  expect(withShared(present, older)).toMatchObject({ lastSeq: 2, lastMessage: { seq: 2 }, updatedAt: at(2) });
});

test("a read that began before a push takes nothing back", () => {
  const told = withMessage(present, line(3), me)!;
  expect(newer(present, told)).toEqual(told);
  const read = { ...present, lastSeq: 3, lastChange: 3, updatedAt: at(3), unreadCount: 0, lastReadSeq: 2 };
  expect(newer(read, told)).toMatchObject({ unreadCount: 0, lastReadSeq: 2, lastMessage: { seq: 2 } });
});
