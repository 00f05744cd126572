import { randomUUID } from "node:crypto";
import type { Page } from "@parloir/contracts/http.ts";
import type { Block, Conversation } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster({ gateways: 2, apis: 2 });
afterAll(() => cluster.stop());

const block = (by: TestPerson, whom: { id: string }) => cluster.rest(by, "PUT", `/api/blocks/${whom.id}`);
const unblock = (by: TestPerson, whom: { id: string }) =>
  cluster.rest(by, "DELETE", `/api/blocks/${whom.id}`);

async function pair() {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const [anaSocket, benSocket] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
  return { ana, ben, id, anaSocket, benSocket };
}

const message = (conversationId: string) => ({
  conversationId,
  clientMessageId: randomUUID(),
  content: "listen to me",
});

describe("while one of two has blocked the other", () => {
  it("both are refused alike, by socket and by REST, in all their direct conversations, and nothing is stored", async () => {
    const { ana, ben, id, anaSocket, benSocket } = await pair();
    const about = { recipientId: ana.id, adId: "7", adTitle: "Bike" };
    const other = await cluster.call<Conversation>(ben, "POST", "/api/messages/conversations", about);
    expect((await block(ana, ben)).status).toBe(201);
    const refusals = [];
    for (const conversationId of [id, other.id])
      for (const socket of [anaSocket, benSocket])
        refusals.push(await socket.refused("send_message", message(conversationId)));
    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
    expect(refusals[0]).toMatchObject({ code: "FORBIDDEN", retryable: false });
    for (const person of [ana, ben]) {
      const { status, body } = await cluster.rest(person, "POST", "/api/messages", message(id));
      expect([status, body.error?.code, body.error?.message]).toEqual([
        403,
        "FORBIDDEN",
        refusals[0]!.message,
      ]);
    }
    const stored = "SELECT 1 FROM messages WHERE conversation_id = ANY ($1)";
    expect(await cluster.sql(stored, [[id, other.id]])).toEqual([]);
  });

  it("their other conversations go on: with others, in groups, with support", async () => {
    const { ana, ben, benSocket, anaSocket } = await pair();
    const cal = await cluster.person("cal");
    await block(ana, ben);
    const group = await cluster.conversation(ana, ben, cal);
    const withCal = await cluster.conversation(ben, cal);
    const support = { kind: "support" };
    const ticket = await cluster.call<Conversation>(ben, "POST", "/api/messages/conversations", support);
    for (const { id } of [group, withCal, ticket]) await cluster.send(benSocket, id);
    await cluster.send(anaSocket, group.id);
  });

  it("a neighbour in the same batch is stored, and so is a repeat answered of what was sent before", async () => {
    const { ana, ben, id, benSocket } = await pair();
    const withCal = await cluster.conversation(ben, await cluster.person("cal"));
    const before = message(id);
    const { seq } = await benSocket.ok("send_message", before);
    await block(ana, ben);
    const sends = Array.from({ length: 40 }, (_, n) => message(n % 2 ? id : withCal.id));
    const acks = await Promise.all(sends.map((send) => benSocket.emit("send_message", send)));
    expect(acks.map((ack) => ack.ok)).toEqual(sends.map((send) => send.conversationId === withCal.id));
    expect(await benSocket.ok("send_message", before)).toMatchObject({ seq, duplicate: true });
  });

  it("and lifted, it is as before, also for what was refused", async () => {
    const { ana, ben, id, anaSocket, benSocket } = await pair();
    await block(ana, ben);
    await block(ben, ana);
    const refused = message(id);
    await benSocket.refused("send_message", refused);
    await unblock(ana, ben);
    await benSocket.refused("send_message", refused);
    expect((await unblock(ben, ana)).status).toBe(200);
    expect((await unblock(ben, ana)).status).toBe(200);
    expect(await benSocket.ok("send_message", refused)).toMatchObject({ seq: 1, duplicate: false });
    expect((await anaSocket.messages(id, 1))[0]!.content).toBe(refused.content);
  });
});

describe("configured to refuse only who was blocked", () => {
  it("lets the one who blocked go on, until they are blocked themselves", async () => {
    const lenient = await startCluster({ env: { BLOCKS_REFUSE: "blocked" } });
    try {
      const [ana, ben] = [await lenient.person("ana"), await lenient.person("ben")];
      const { id } = await lenient.conversation(ana, ben);
      const sockets = [await lenient.socket(ana), await lenient.socket(ben)] as const;
      await lenient.call(ana, "PUT", `/api/blocks/${ben.id}`);
      await lenient.send(sockets[0], id);
      expect(await sockets[1].refused("send_message", message(id))).toMatchObject({ code: "FORBIDDEN" });
      await lenient.call(ben, "PUT", `/api/blocks/${ana.id}`);
      expect(await sockets[0].refused("send_message", message(id))).toMatchObject({ code: "FORBIDDEN" });
    } finally {
      await lenient.stop();
    }
  });
});

describe("the list of whom one blocked", () => {
  it("is one's own, with names, paged, each once: 201, then 200", async () => {
    const ana = await cluster.person("ana");
    const others = await Promise.all(["x", "y", "z"].map((name) => cluster.person(name)));
    for (const other of others) expect((await block(ana, other)).status).toBe(201);
    const again = await block(ana, others[0]!);
    expect([again.status, again.body.data]).toMatchObject([200, { userId: others[0]!.id, name: "x" }]);
    const first = await cluster.call<Page<Block>>(ana, "GET", "/api/blocks?limit=2");
    const next = `/api/blocks?limit=2&cursor=${first.nextCursor}`;
    const second = await cluster.call<Page<Block>>(ana, "GET", next);
    expect([...first.items, ...second.items].map((each) => each.userId)).toEqual(others.map(({ id }) => id));
    expect(second.nextCursor).toBeNull();
    expect((await cluster.rest(others[0]!, "GET", next)).status).toBe(400);
    expect(await cluster.call(others[0]!, "GET", "/api/blocks")).toEqual({ items: [], nextCursor: null });
  });

  it("takes nobody who does not exist, and not oneself", async () => {
    const ana = await cluster.person("ana");
    expect((await block(ana, { id: "nobody" })).status).toBe(404);
    expect((await block(ana, ana)).body.error?.code).toBe("INVALID");
  });
});
