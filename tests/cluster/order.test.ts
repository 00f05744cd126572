import { randomUUID } from "node:crypto";
import type { Message } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 3, apis: 2 });
afterAll(() => cluster.stop());

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

/** Eight people, four conversations of different members, one socket of everyone on every gateway. */
async function crowd() {
  const people = await Promise.all(upTo(8).map((n) => cluster.person(`p${n}`)));
  const [a, b, c, d, e, f, g, h] = people as [TestPerson, ...TestPerson[]] & TestPerson[];
  const groups = [people, [a, b!, c!, d!], [e!, f!, g!, h!, a], [b!, h!]];
  const conversations = await Promise.all(
    groups.map(async (members) => {
      const [creator, ...others] = members as [TestPerson, ...TestPerson[]];
      return { id: (await cluster.conversation(creator, ...others)).id, members };
    }),
  );
  const sockets = new Map<TestPerson, TestSocket[]>();
  for (const person of people) {
    sockets.set(person, await Promise.all([0, 1, 2].map((gateway) => cluster.socket(person, gateway))));
  }
  return { people, conversations, sockets };
}

describe("8 concurrent senders on 3 gateways and 2 apis", () => {
  it("number each conversation 1..n without a gap, and every member's socket sees each message once, in order", async () => {
    const { people, conversations, sockets } = await crowd();
    const perSender = 75;
    const sent = new Map(conversations.map(({ id }) => [id, [] as { seq: number; text: string }[]]));

    await Promise.all(
      people.map(async (person, index) => {
        const own = conversations.filter(({ members }) => members.includes(person));
        const receipts = upTo(perSender).map(async (n) => {
          const { id } = own[n % own.length]!;
          const text = `${person.id} ${n}`;
          // Each sender uses sockets on two gateways, and every tenth message goes by REST.
          const socket = sockets.get(person)![(index + (n % 2)) % 3]!;
          const payload = { conversationId: id, clientMessageId: randomUUID(), content: text };
          const send = async () => {
            if (n % 10 !== 0) return socket.emit("send_message", payload);
            const { body } = await cluster.rest(person, "POST", "/api/messages", payload);
            return { ok: body.success, data: body.data as Message, error: body.error };
          };
          // Six hundred at once may be more than a busy machine commits in time: whoever is told so sends it again.
          const isSettled = (ack: { ok: boolean; error?: { code: string } | undefined }) =>
            ack.ok || ack.error?.code !== "UNAVAILABLE";
          const ack = await eventually("a send", send, isSettled);
          if (!ack.ok) throw new Error(`a send was refused: ${JSON.stringify(ack)}`);
          sent.get(id)!.push({ seq: ack.data.seq, text });
        });
        await Promise.all(receipts);
      }),
    );

    for (const { id, members } of conversations) {
      const acked = sent.get(id)!.toSorted((x, y) => x.seq - y.seq);
      expect(acked.map((each) => each.seq)).toEqual(upTo(acked.length));
      const rows = await cluster.sql<{ seq: string; change: string; content: string; created_at: Date }>(
        "SELECT seq, change, content, created_at FROM messages WHERE conversation_id = $1 ORDER BY seq",
        [id],
      );
      expect(rows.map((row) => Number(row.seq))).toEqual(upTo(acked.length));
      expect(rows.map((row) => Number(row.change))).toEqual(upTo(acked.length));
      expect(rows.map((row) => row.content)).toEqual(acked.map((each) => each.text));
      const times = rows.map((row) => row.created_at.getTime());
      expect(times).toEqual(times.toSorted((x, y) => x - y));
      for (const socket of members.flatMap((member) => sockets.get(member)!)) {
        const received = await socket.messages(id, acked.length);
        expect(received.map((message) => [message.seq, message.content])).toEqual(
          acked.map((each) => [each.seq, each.text]),
        );
      }
    }

    // Nobody heard anything of a conversation that is not theirs.
    for (const [person, all] of sockets) {
      const own = new Set(
        conversations.filter(({ members }) => members.includes(person)).map(({ id }) => id),
      );
      for (const socket of all) {
        expect(socket.all("new_message").filter((message) => !own.has(message.conversationId))).toEqual([]);
      }
    }
  });

  it("give the sends of one socket their seqs in the order in which they were emitted", async () => {
    const { people, conversations, sockets } = await crowd();
    const { id } = conversations[0]!;
    const perSender = 20;
    await Promise.all(
      people.map(async (person, index) => {
        const socket = sockets.get(person)![index % 3]!;
        const receipts = await Promise.all(upTo(perSender).map((n) => cluster.send(socket, id, `${n}`)));
        const seqs = receipts.map((receipt) => receipt.seq);
        expect(seqs).toEqual(seqs.toSorted((x, y) => x - y));
      }),
    );
    const rows = await cluster.sql<{ sender_id: string; content: string }>(
      "SELECT sender_id, content FROM messages WHERE conversation_id = $1 ORDER BY seq",
      [id],
    );
    for (const person of people) {
      const texts = rows.filter((row) => row.sender_id === person.id).map((row) => row.content);
      expect(texts).toEqual(upTo(perSender).map(String));
    }
  });

  it("push what the history says, to the last field", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const { id } = await cluster.conversation(ana, ben);
    const [sender, reader] = [await cluster.socket(ana, 0), await cluster.socket(ben, 2)];
    await cluster.send(sender, id, "plain");
    const extras = { conversationId: id, clientMessageId: "with.extras", content: "é 🙂", replyToSeq: 1 };
    await sender.ok("send_message", { ...extras, mentions: [ben.id] });
    const pushed = await reader.messages(id, 2);
    const page = await cluster.call<{ messages: Message[] }>(
      ben,
      "GET",
      `/api/messages?conversationId=${id}`,
    );
    expect(pushed).toEqual(page.messages);
    expect(pushed[1]).toMatchObject({ replyToSeq: 1, mentions: [ben.id], senderId: ana.id, kind: "text" });
  });
});
