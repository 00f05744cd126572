import type { Ready } from "@parloir/contracts/events.ts";
import type { UnreadSummary } from "@parloir/contracts/http.ts";
import type { Conversation, ReadMark } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster({ gateways: 3, apis: 2 });
afterAll(() => cluster.stop());

async function pairWith(messages: number) {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const sender = await cluster.socket(ana, 0);
  for (let n = 1; n <= messages; n++) await cluster.send(sender, id, `message ${n}`);
  return { ana, ben, id, sender };
}

async function storedMark(id: string, person: TestPerson): Promise<number> {
  const [row] = await cluster.sql<{ last_read_seq: string }>(
    "SELECT last_read_seq FROM members WHERE conversation_id = $1 AND user_id = $2",
    [id, person.id],
  );
  return Number(row!.last_read_seq);
}

/** What each of the four places says about a conversation: they must agree. */
async function everywhere(person: TestPerson, id: string) {
  const socket = await cluster.socket(person, 2);
  const ready = ((await socket.ready()) as Ready).conversations.find((each) => each.id === id)!;
  const list = await cluster.call<{ items: Conversation[] }>(person, "GET", "/api/messages/conversations");
  const listed = list.items.find((each) => each.id === id)!;
  const one = await cluster.call<Conversation>(person, "GET", `/api/messages/conversations/${id}`);
  const unread = await cluster.call<UnreadSummary>(person, "GET", "/api/messages/unread");
  socket.close();
  return {
    lastRead: [ready.lastReadSeq, listed.lastReadSeq, one.lastReadSeq],
    unread: [ready.unreadCount, listed.unreadCount, one.unreadCount, unread.conversations[id] ?? 0],
    participant: one.participants.find((each) => each.userId === person.id)?.lastReadSeq,
  };
}

describe("mark_read", () => {
  it.each([
    ["below the head", 3, 3],
    ["at the head", 5, 5],
    ["beyond the head, capped", 1_000, 5],
    ["at the end of all numbers, capped", Number.MAX_SAFE_INTEGER, 5],
    ["at nothing", 0, 0],
  ])("%s is stored when it is acked", async (_, seq, mark) => {
    const { ben, id } = await pairWith(5);
    const reader = await cluster.socket(ben, 1);
    const answer = await reader.ok("mark_read", { conversationId: id, seq });
    expect(await storedMark(id, ben)).toBe(mark);
    expect(answer).toEqual({ lastReadSeq: mark, unreadCount: 5 - mark });
    expect(await everywhere(ben, id)).toEqual({
      lastRead: [mark, mark, mark],
      unread: [5 - mark, 5 - mark, 5 - mark, 5 - mark],
      participant: mark,
    });
  });

  it("only rises, by socket and by REST, also when several devices race", async () => {
    const { ben, id } = await pairWith(30);
    const readers = await Promise.all([0, 1, 2].map((gateway) => cluster.socket(ben, gateway)));
    let highest = 0;
    for (let round = 0; round < 5; round++) {
      const seqs = [3, 9, 6].map((each) => each + round * 4);
      const byRest = cluster.call<ReadMark>(ben, "POST", `/api/messages/conversations/${id}/read`, {
        seq: 2 + round,
      });
      const bySocket = readers.map((reader, index) =>
        reader.ok("mark_read", { conversationId: id, seq: seqs[index] }),
      );
      await Promise.all([byRest, ...bySocket]);
      highest = Math.max(highest, ...seqs);
      expect(await storedMark(id, ben)).toBe(highest);
    }
    expect(await readers[0]!.ok("mark_read", { conversationId: id, seq: 1 })).toEqual({
      lastReadSeq: highest,
      unreadCount: 30 - highest,
    });
  });

  it("gathers the marks of a scroll into one, each acked with the highest", async () => {
    const { ben, id } = await pairWith(10);
    const reader = await cluster.socket(ben, 1);
    const marks = await Promise.all(
      [1, 2, 3, 9, 4].map((seq) => reader.ok("mark_read", { conversationId: id, seq })),
    );
    for (const mark of marks) expect(mark).toEqual({ lastReadSeq: 9, unreadCount: 1 });
  });

  it("tells the others `messages_read` and one's own devices `unread`, with the total over all conversations", async () => {
    const { ana, ben, id, sender } = await pairWith(5);
    const other = await cluster.call<Conversation>(ana, "POST", "/api/messages/conversations", {
      kind: "group",
      memberIds: [ben.id],
    });
    for (let n = 0; n < 3; n++) await cluster.send(sender, other.id);
    const [phone, laptop] = [await cluster.socket(ben, 1), await cluster.socket(ben, 2)];
    await phone.ok("mark_read", { conversationId: id, seq: 4 });
    await sender.waitFor("messages_read", (mark) => mark.seq === 4);
    expect(sender.all("messages_read")).toEqual([{ conversationId: id, userId: ben.id, seq: 4 }]);
    expect(await laptop.waitFor("unread")).toEqual({ total: 4, conversationId: id, count: 1 });
    expect(await cluster.call(ben, "GET", "/api/messages/unread")).toEqual({
      total: 4,
      conversations: { [id]: 1, [other.id]: 3 },
    });
    expect(sender.all("unread")).toEqual([]);
  });

  it("that does not rise tells nobody", async () => {
    const { ben, id, sender } = await pairWith(5);
    const reader = await cluster.socket(ben, 1);
    await reader.ok("mark_read", { conversationId: id, seq: 3 });
    await reader.ok("mark_read", { conversationId: id, seq: 2 });
    await reader.ok("mark_read", { conversationId: id, seq: 4 });
    await sender.waitFor("messages_read", (mark) => mark.seq === 4);
    expect(sender.all("messages_read").map((mark) => mark.seq)).toEqual([3, 4]);
  });

  it("does not lose a race against one's own sends", async () => {
    const { ben, id, sender } = await pairWith(5);
    const [phone, laptop] = [await cluster.socket(ben, 1), await cluster.socket(ben, 2)];
    for (let n = 0; n < 15; n++) {
      await Promise.all([
        cluster.send(phone, id),
        laptop.ok("mark_read", { conversationId: id, seq: 5 }),
        cluster.send(sender, id),
      ]);
    }
    const [last] = await cluster.sql<{ seq: number }>(
      "SELECT max(seq)::int AS seq FROM messages WHERE conversation_id = $1 AND sender_id = $2",
      [id, ben.id],
    );
    expect(await storedMark(id, ben)).toBe(last!.seq);
  });
});

describe("one's own send", () => {
  it("moves one's own mark, and nobody else's, in ready, lists and unread", async () => {
    const { ana, ben, id } = await pairWith(5);
    expect((await everywhere(ana, id)).unread).toEqual([0, 0, 0, 0]);
    expect((await everywhere(ben, id)).unread).toEqual([5, 5, 5, 5]);
    await cluster.send(await cluster.socket(ben, 1), id, "an answer");
    expect(await everywhere(ben, id)).toEqual({ lastRead: [6, 6, 6], unread: [0, 0, 0, 0], participant: 6 });
    expect(await everywhere(ana, id)).toEqual({ lastRead: [5, 5, 5], unread: [1, 1, 1, 1], participant: 5 });
  });
});
