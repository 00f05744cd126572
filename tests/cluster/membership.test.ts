import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster({ gateways: 3, apis: 2, workers: 1 });
afterAll(() => cluster.stop());

async function secret() {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const socket = await cluster.socket(ana, 0);
  await cluster.send(socket, id, "secret 1");
  return { ana, ben, id, socket };
}

/** Every way in that takes a conversation id, by socket. */
const commands: [string, (id: string) => object][] = [
  ["join_conversation", (id) => ({ conversationId: id })],
  ["join_conversation", (id) => ({ conversationId: id, after: 0 })],
  ["send_message", (id) => ({ conversationId: id, clientMessageId: randomUUID(), content: "let me in" })],
  ["typing", (id) => ({ conversationId: id, isTyping: true })],
  ["mark_read", (id) => ({ conversationId: id, seq: 1 })],
];

/** And by REST: what it would do, and how. */
const routes: [string, (id: string) => { method: string; path: string; body?: object }][] = [
  ["get it", (id) => ({ method: "GET", path: `/api/messages/conversations/${id}` })],
  ["delete it", (id) => ({ method: "DELETE", path: `/api/messages/conversations/${id}` })],
  ["mark it", (id) => ({ method: "POST", path: `/api/messages/conversations/${id}/read`, body: { seq: 1 } })],
  ["archive it", (id) => ({ method: "POST", path: `/api/messages/conversations/${id}/archive` })],
  ["unarchive it", (id) => ({ method: "POST", path: `/api/messages/conversations/${id}/unarchive` })],
  ["mute it", (id) => ({ method: "POST", path: `/api/messages/conversations/${id}/mute`, body: {} })],
  ["close it", (id) => ({ method: "POST", path: `/api/messages/conversations/${id}/close` })],
  ["reopen it", (id) => ({ method: "POST", path: `/api/messages/conversations/${id}/reopen` })],
  ["let it wait", (id) => ({ method: "POST", path: `/api/messages/conversations/${id}/pending` })],
  [
    "assign it",
    (id) => ({
      method: "POST",
      path: `/api/messages/conversations/${id}/assign`,
      body: { assigneeId: null, expected: null },
    }),
  ],
  ["leave it", (id) => ({ method: "POST", path: `/api/messages/conversations/${id}/leave` })],
  [
    "bring somebody in",
    (id) => ({
      method: "POST",
      path: `/api/messages/conversations/${id}/members`,
      body: { userId: "ana.1" },
    }),
  ],
  [
    "throw somebody out",
    (id) => ({ method: "DELETE", path: `/api/messages/conversations/${id}/members/ana.1` }),
  ],
  ["read its newest", (id) => ({ method: "GET", path: `/api/messages?conversationId=${id}` })],
  ["read it all", (id) => ({ method: "GET", path: `/api/messages?conversationId=${id}&after=0` })],
  ["read a page", (id) => ({ method: "GET", path: `/api/messages?conversationId=${id}&page=1` })],
  [
    "send to it",
    (id) => ({
      method: "POST",
      path: "/api/messages",
      body: { conversationId: id, clientMessageId: randomUUID(), content: "let me in" },
    }),
  ],
];

/** What an outsider is told, without what differs from request to request. */
async function restError(person: TestPerson, requestOf: (typeof routes)[number][1], id: string) {
  const { method, path, body } = requestOf(id);
  const { status, body: answer } = await cluster.rest(person, method, path, body);
  return { status, code: answer.error?.code, message: answer.error?.message, data: answer.data };
}

describe("who is not a member", () => {
  it.each(commands)(
    "is told of %s exactly what an absent conversation answers",
    async (command, payloadOf) => {
      const { id } = await secret();
      const outsider = await cluster.socket(await cluster.person("oscar"), 1);
      const foreign = await outsider.refused(command, payloadOf(id));
      const absent = await outsider.refused(command, payloadOf(randomUUID()));
      expect(foreign).toEqual(absent);
      expect(foreign).toMatchObject({ code: "NOT_FOUND", retryable: false });
    },
  );

  it.each(routes)(
    "who would %s by REST is told exactly what an absent conversation answers",
    async (_, route) => {
      const { id } = await secret();
      const outsider = await cluster.person("oscar");
      const foreign = await restError(outsider, route, id);
      expect(foreign).toEqual(await restError(outsider, route, randomUUID()));
      expect(foreign).toMatchObject({ status: 404, code: "NOT_FOUND", data: undefined });
    },
  );

  it("finds nothing of it in sync, lists, unread and heartbeat", async () => {
    const { id } = await secret();
    const oscar = await cluster.person("oscar");
    const socket = await cluster.socket(oscar, 2);
    const answer = await socket.ok("sync", { cursors: { [id]: 0, [randomUUID()]: 0 } });
    expect(answer.conversations).toEqual([]);
    expect((await socket.ready()).conversations).toEqual([]);
    expect(await socket.ok("heartbeat", {})).toEqual({ tips: {} });
    const list = await cluster.call<{ items: unknown[] }>(oscar, "GET", "/api/messages/conversations");
    expect(list.items).toEqual([]);
    expect(await cluster.call(oscar, "GET", "/api/messages/unread")).toEqual({ total: 0, conversations: {} });
  });

  it("receives nothing, ever, on any gateway, whatever was tried before", async () => {
    const { ana, ben, id, socket } = await secret();
    const reader = await cluster.socket(ben, 1);
    const oscar = await cluster.person("oscar");
    const outsiders = await Promise.all([0, 1, 2].map((gateway) => cluster.socket(oscar, gateway)));
    for (const outsider of outsiders) {
      for (const [command, payloadOf] of commands) await outsider.refused(command, payloadOf(id));
      await outsider.ok("sync", { cursors: { [id]: 0 } });
      // Raw room names are ids of no conversation.
      for (const room of [`conversation:${id}`, `user:${ana.id}`]) {
        expect(await outsider.refused("join_conversation", { conversationId: room })).toMatchObject({
          code: "INVALID",
        });
      }
    }

    for (let n = 2; n <= 20; n++) await cluster.send(socket, id, `secret ${n}`);
    await reader.ok("typing", { conversationId: id, isTyping: true });
    await reader.ok("mark_read", { conversationId: id, seq: 20 });
    await socket.waitFor("messages_read", (mark) => mark.seq === 20);
    expect((await reader.messages(id, 19)).at(-1)?.content).toBe("secret 20");

    // The barrier: what comes to the outsider now was published after all of the above.
    const open = await cluster.conversation(ana, oscar);
    await cluster.send(socket, open.id, "not secret");
    for (const outsider of outsiders) {
      await outsider.messages(open.id, 1);
      await outsider.waitFor("unread", (unread) => unread.conversationId === open.id);
      expect(JSON.stringify(outsider.received)).not.toContain("secret 1");
      expect(JSON.stringify(outsider.received)).not.toContain(id);
    }
    expect(
      await cluster.sql("SELECT FROM notifications WHERE user_id = $1 AND conversation_id = $2", [
        oscar.id,
        id,
      ]),
    ).toEqual([]);
  });
});

describe("who has left", () => {
  it.each(commands.filter(([command]) => command !== "typing"))(
    "is refused %s like a stranger",
    async (command, payloadOf) => {
      const { ben, id } = await secret();
      await cluster.sql("UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
        id,
        ben.id,
      ]);
      const socket = await cluster.socket(ben, 1);
      expect(await socket.refused(command, payloadOf(id))).toEqual(
        await socket.refused(command, payloadOf(randomUUID())),
      );
    },
  );

  it.each(routes)("and would %s by REST is refused like a stranger", async (_, route) => {
    const { ben, id } = await secret();
    await cluster.sql("UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      id,
      ben.id,
    ]);
    expect(await restError(ben, route, id)).toEqual(await restError(ben, route, randomUUID()));
  });

  it("can send no more at once, on a socket that was in the room", async () => {
    const { ben, id } = await secret();
    const socket = await cluster.socket(ben, 1);
    await cluster.send(socket, id, "still here");
    await cluster.sql("UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      id,
      ben.id,
    ]);
    const send = { conversationId: id, clientMessageId: randomUUID(), content: "gone" };
    expect(await socket.refused("send_message", send)).toMatchObject({ code: "NOT_FOUND" });
  });
});
