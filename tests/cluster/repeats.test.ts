import { randomUUID } from "node:crypto";
import type { SendReceipt } from "@parloir/contracts/events.ts";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 3, apis: 2 });
afterAll(() => cluster.stop());

async function pair() {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  return { ana, ben, id };
}

interface Send {
  conversationId: string;
  clientMessageId: string;
  content: string;
  replyToSeq?: number;
}

async function byRest(person: TestPerson, send: Send): Promise<SendReceipt> {
  const { id, conversationId, seq, createdAt, duplicate } = await cluster.call<SendReceipt>(
    person,
    "POST",
    "/api/messages",
    send,
  );
  return { id, conversationId, seq, createdAt, duplicate };
}

/** One stored message: every answer is the same but for `duplicate`, which is false exactly once. */
function expectOneMessage(receipts: SendReceipt[]): void {
  const [first] = receipts;
  for (const receipt of receipts) expect(receipt).toEqual({ ...first, duplicate: receipt.duplicate });
  expect(receipts.filter((receipt) => !receipt.duplicate)).toHaveLength(1);
}

async function stored(conversationId: string) {
  const rows = await cluster.sql<{ rows: number; last: number }>(
    `SELECT (SELECT count(*)::int FROM messages WHERE conversation_id = $1) AS rows,
      (SELECT last_seq::int FROM conversations WHERE id = $1) AS last`,
    [conversationId],
  );
  return rows[0];
}

describe("a repeat of a clientMessageId is one row with one seq", () => {
  it("one after the other, by socket and by REST", async () => {
    const { ana, id } = await pair();
    const socket = await cluster.socket(ana, 1);
    const send = { conversationId: id, clientMessageId: randomUUID(), content: "once" };
    const receipts = [
      await socket.ok("send_message", send),
      await socket.ok("send_message", send),
      await byRest(ana, send),
      await byRest(ana, send),
    ];
    expect(receipts.map((receipt) => receipt.duplicate)).toEqual([false, true, true, true]);
    expectOneMessage(receipts);
    expect(await stored(id)).toEqual({ rows: 1, last: 1 });
  });

  it("twice in one batch", async () => {
    const { ana, id } = await pair();
    const socket = await cluster.socket(ana);
    const send = { conversationId: id, clientMessageId: randomUUID(), content: "once" };
    const receipts = await Promise.all([1, 2, 3].map(() => socket.ok("send_message", send)));
    expectOneMessage(receipts);
    expect(receipts[0]!.duplicate).toBe(false);
    expect(await stored(id)).toEqual({ rows: 1, last: 1 });
  });

  it("at once through three gateways, two apis and REST, thirty times over, pushed once", async () => {
    const { ana, ben, id } = await pair();
    const sockets = await Promise.all([0, 1, 2].map((gateway) => cluster.socket(ana, gateway)));
    const reader = await cluster.socket(ben, 2);
    const rounds = 30;
    for (let round = 1; round <= rounds; round++) {
      const send = { conversationId: id, clientMessageId: randomUUID(), content: `round ${round}` };
      const bySocket = sockets.map((socket) => socket.ok("send_message", send));
      const receipts = await Promise.all([...bySocket, byRest(ana, send), byRest(ana, send)]);
      expectOneMessage(receipts);
      expect(receipts[0]!.seq).toBe(round);
    }
    expect(await stored(id)).toEqual({ rows: rounds, last: rounds });
    const seqs = (await reader.messages(id, rounds)).map((message) => message.seq);
    expect(seqs).toEqual(Array.from({ length: rounds }, (_, index) => index + 1));
  });

  it("in a batch full of other messages, whose own results stay untouched", async () => {
    const { ana, id } = await pair();
    const sockets = await Promise.all([0, 1].map((gateway) => cluster.socket(ana, gateway)));
    const ids = Array.from({ length: 60 }, () => randomUUID());
    const send = (socket: TestSocket, clientMessageId: string) =>
      cluster.send(socket, id, `text of ${clientMessageId}`, clientMessageId);
    const both = await Promise.all(
      ids.map((each) => Promise.all(sockets.map((socket) => send(socket, each)))),
    );
    for (const receipts of both) expectOneMessage(receipts);
    expect(await stored(id)).toEqual({ rows: ids.length, last: ids.length });
  });
});

describe("the same clientMessageId", () => {
  it.each([
    ["another text", { content: "other" }],
    ["a reply", { replyToSeq: 1 }],
    ["a mention", { mentions: ["somebody"] }],
  ])("with %s is a CONFLICT, by socket and by REST", async (_, change) => {
    const { ana, id } = await pair();
    const socket = await cluster.socket(ana);
    const send = { conversationId: id, clientMessageId: randomUUID(), content: "first" };
    await socket.ok("send_message", send);
    expect(await socket.refused("send_message", { ...send, ...change })).toMatchObject({
      code: "CONFLICT",
      retryable: false,
    });
    const rest = await cluster.rest(ana, "POST", "/api/messages", { ...send, ...change });
    expect([rest.status, rest.body.error?.code]).toEqual([409, "CONFLICT"]);
    expect(await stored(id)).toEqual({ rows: 1, last: 1 });
  });

  it("with two texts at once stores one of them and refuses the other, whoever wins", async () => {
    const { ana, id } = await pair();
    const sockets = await Promise.all([0, 1, 2].map((gateway) => cluster.socket(ana, gateway)));
    for (let round = 1; round <= 20; round++) {
      const clientMessageId = randomUUID();
      const acks = await Promise.all(
        [0, 1, 2, 0, 1, 2].map(async (gateway, index) => {
          const content = index % 2 === 0 ? "heads" : "tails";
          const send = { conversationId: id, clientMessageId, content };
          return { content, ack: await sockets[gateway]!.emit("send_message", send) };
        }),
      );
      const [row] = await cluster.sql(
        "SELECT content FROM messages WHERE conversation_id = $1 AND seq = $2",
        [id, round],
      );
      const winners = acks.filter(({ content }) => content === row!.content);
      expectOneMessage(winners.flatMap(({ ack }) => (ack.ok ? [ack.data] : [])));
      expect(winners.every(({ ack }) => ack.ok)).toBe(true);
      const losers = acks.filter(({ content }) => content !== row!.content);
      expect(losers.map(({ ack }) => !ack.ok && ack.error.code)).toEqual([
        "CONFLICT",
        "CONFLICT",
        "CONFLICT",
      ]);
    }
    expect(await stored(id)).toEqual({ rows: 20, last: 20 });
  });

  it("of another sender, or in another conversation, is independent", async () => {
    const { ana, ben, id } = await pair();
    const cleo = await cluster.person("cleo");
    const other = await cluster.conversation(ana, cleo);
    const [a, b] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
    const clientMessageId = randomUUID();
    expect(await cluster.send(a, id, "mine", clientMessageId)).toMatchObject({ seq: 1, duplicate: false });
    expect(await cluster.send(b, id, "his", clientMessageId)).toMatchObject({ seq: 2, duplicate: false });
    expect(await cluster.send(a, other.id, "elsewhere", clientMessageId)).toMatchObject({
      seq: 1,
      duplicate: false,
    });
  });
});
