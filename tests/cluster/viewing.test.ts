import type { Conversation } from "@parloir/contracts/shapes.ts";
import { createPublisherClient, untilReady } from "@parloir/platform/redis.ts";
import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 3, apis: 2 });
afterAll(() => cluster.stop());

const base = "/api/messages/conversations";

async function ticket() {
  const [ana, kim, lou] = await Promise.all([
    cluster.person("ana"),
    cluster.person("kim", "agent"),
    cluster.person("lou", "admin"),
  ]);
  const { id } = await cluster.call<Conversation>(ana, "POST", base, { kind: "support" });
  const sockets = await Promise.all(
    [ana, kim, lou].map((person, gateway) => cluster.socket(person, gateway)),
  );
  const [anaSocket, kimSocket, louSocket] = sockets as [TestSocket, TestSocket, TestSocket];
  return { ana, kim, lou, id, anaSocket, kimSocket, louSocket };
}

const open = (socket: TestSocket, conversationId: string) =>
  socket.ok("join_conversation", { conversationId });

/** Resolves when the newest that this socket was told of a conversation is exactly these people. */
async function told(socket: TestSocket, id: string, ...people: { id: string }[]): Promise<void> {
  const wanted = people.map((person) => person.id).sort();
  await socket.waitFor("conversation_viewers", () => {
    const last = socket.all("conversation_viewers").findLast((each) => each.conversationId === id);
    return JSON.stringify(last?.userIds) === JSON.stringify(wanted);
  });
}

describe("agents who have a support conversation open", () => {
  it("see one another from opening to leaving, across gateways; each person once", async () => {
    const { kim, lou, id, kimSocket, louSocket } = await ticket();
    await open(kimSocket, id);
    await told(kimSocket, id, kim);
    await open(louSocket, id);
    await told(kimSocket, id, kim, lou);
    await told(louSocket, id, kim, lou);
    const second = await cluster.socket(kim, 0);
    await open(second, id);
    await told(second, id, kim, lou);
    await kimSocket.ok("leave_conversation", { conversationId: id });
    await second.ok("leave_conversation", { conversationId: id });
    await told(louSocket, id, lou);
  });

  it("look at one at a time: opening the next leaves the former, and so does a lost connection", async () => {
    const { kim, lou, id, kimSocket, louSocket } = await ticket();
    const next = await ticket();
    for (const socket of [kimSocket, louSocket]) await open(socket, id);
    await told(louSocket, id, kim, lou);
    await open(kimSocket, next.id);
    await told(louSocket, id, lou);
    await told(kimSocket, next.id, kim);
    await open(kimSocket, id);
    await told(louSocket, id, kim, lou);
    kimSocket.close();
    await told(louSocket, id, lou);
  });

  it("are soon rid of one whose gateway crashed", async () => {
    const { lou, id, louSocket } = await ticket();
    const ghost = await cluster.person("ghost", "agent");
    const redis = createPublisherClient({ url: cluster.redisUrl, cluster: false }, pino({ level: "silent" }));
    await untilReady(redis, 10_000);
    // What a gateway left that beat for the last time nine seconds ago.
    await redis.zadd(`parloir:viewing:${id}`, Date.now() - 9_000, `${ghost.id} gone`);
    await open(louSocket, id);
    await told(louSocket, id, ghost, lou);
    await told(louSocket, id, lou);
    redis.disconnect();
  });

  it("see who types a note; who types a reply is seen by everybody, as usual", async () => {
    const { kim, id, anaSocket, kimSocket, louSocket } = await ticket();
    for (const socket of [anaSocket, kimSocket, louSocket]) await open(socket, id);
    const typing = { conversationId: id, isTyping: true };
    await kimSocket.ok("typing", { ...typing, note: true });
    expect(await louSocket.waitFor("note_typing")).toEqual({ ...typing, userId: kim.id });
    await kimSocket.ok("typing", typing);
    for (const socket of [anaSocket, louSocket])
      expect(await socket.waitFor("user_typing")).toEqual({ ...typing, userId: kim.id });
    expect(anaSocket.all("note_typing")).toEqual([]);
    expect(kimSocket.all("note_typing")).toEqual([]);
  });
});

describe("nobody else", () => {
  it("learns who looks: not the customer, not who is added without being an agent", async () => {
    const { kim, lou, id, anaSocket, kimSocket, louSocket } = await ticket();
    const tec = await cluster.person("tec", "technician");
    await cluster.call(kim, "POST", `${base}/${id}/members`, { userId: tec.id });
    const tecSocket = await cluster.socket(tec, 1);
    for (const socket of [anaSocket, tecSocket, kimSocket, louSocket]) await open(socket, id);
    await told(louSocket, id, kim, lou);
    await cluster.send(anaSocket, id, "barrier");
    for (const socket of [anaSocket, tecSocket]) {
      await socket.messages(id, 1);
      expect(socket.all("conversation_viewers")).toEqual([]);
    }
  });

  it("is told in conversations that are no support: two agents who talk are not watched", async () => {
    const { kim, lou, kimSocket, louSocket } = await ticket();
    const { id } = await cluster.conversation(kim as TestPerson, lou as TestPerson);
    for (const socket of [kimSocket, louSocket]) await open(socket, id);
    await cluster.send(kimSocket, id, "barrier");
    await louSocket.messages(id, 1);
    for (const socket of [kimSocket, louSocket])
      expect(socket.all("conversation_viewers").filter((each) => each.conversationId === id)).toEqual([]);
    const refused = await kimSocket.refused("typing", { conversationId: id, isTyping: true, note: true });
    expect(refused.code).toBe("NOT_FOUND");
  });
});
