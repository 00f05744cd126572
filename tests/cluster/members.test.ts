import { randomUUID } from "node:crypto";
import type { Page } from "@parloir/contracts/http.ts";
import type { Conversation, Message, SharedConversation } from "@parloir/contracts/shapes.ts";
import { createPublisherClient } from "@parloir/platform/redis.ts";
import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 3, apis: 2, workers: 1 });
afterAll(() => cluster.stop());

const pathOf = (id: string, rest = "") => `/api/messages/conversations/${id}${rest}`;
const add = (by: { token: string }, id: string, userId: string) =>
  cluster.rest(by, "POST", pathOf(id, "/members"), { userId });
const remove = (by: { token: string }, id: string, userId: string) =>
  cluster.rest(by, "DELETE", pathOf(id, `/members/${userId}`));

/** A group of ana, ben and cal with two messages; a socket of each, on a gateway of their own. */
async function group() {
  const people = await Promise.all(["ana", "ben", "cal"].map((name) => cluster.person(name)));
  const [ana, ben, cal] = people as [TestPerson, TestPerson, TestPerson];
  const { id } = await cluster.conversation(ana, ben, cal);
  const sockets = await Promise.all(people.map((person, gateway) => cluster.socket(person, gateway)));
  const [anaSocket, benSocket, calSocket] = sockets as [TestSocket, TestSocket, TestSocket];
  await cluster.send(anaSocket, id, "before 1");
  await cluster.send(anaSocket, id, "before 2");
  return { ana, ben, cal, id, anaSocket, benSocket, calSocket };
}

const names = (conversation: SharedConversation) => conversation.participants.map((each) => each.userId);

function updates(socket: TestSocket, id: string, without: TestPerson) {
  return socket.waitFor(
    "conversation_updated",
    (shared) => shared.id === id && !names(shared).includes(without.id),
  );
}

/** What a socket is refused, compared with what an absent conversation answers. */
async function expectStranger(person: TestPerson, socket: TestSocket, id: string): Promise<void> {
  const send = (conversationId: string) => ({
    conversationId,
    clientMessageId: randomUUID(),
    content: "still here",
  });
  const absent = randomUUID();
  expect(await socket.refused("send_message", send(id))).toEqual(
    await socket.refused("send_message", send(absent)),
  );
  expect(await socket.refused("join_conversation", { conversationId: id })).toMatchObject({
    code: "NOT_FOUND",
  });
  for (const path of [pathOf(id), `/api/messages?conversationId=${id}&after=0`])
    expect((await cluster.rest(person, "GET", path)).status).toBe(404);
  const fresh = await cluster.socket(person, 2);
  expect((await fresh.ready()).conversations.map((head) => head.id)).not.toContain(id);
  expect((await fresh.ok("sync", { cursors: { [id]: 0 } })).conversations).toEqual([]);
  fresh.close();
}

describe("a new member", () => {
  it.each([
    ["where the group is open already", 1],
    ["where nobody else has it open", 0],
  ])("on a gateway %s, receives what follows and nothing of what was before", async (_, gateway) => {
    const { ana, ben, id, benSocket, anaSocket } = await group();
    if (gateway === 0) anaSocket.close();
    const dan = await cluster.person("dan");
    const danSocket = await cluster.socket(dan, gateway);
    expect((await add(ana, id, dan.id)).status).toBe(201);
    await danSocket.waitFor("conversation_added", (added) => added.conversationId === id);
    await cluster.send(benSocket, id, "welcome");
    await danSocket.waitFor("new_message", (message) => message.content === "welcome");
    await benSocket.waitFor("conversation_updated", (shared) => names(shared).includes(dan.id));

    const synced = await danSocket.ok("sync", { cursors: { [id]: 0 } });
    expect(synced.conversations[0]!.messages.map((message) => message.seq)).toEqual([3, 4]);
    const { messages, ...seen } = await cluster.call<Conversation & { messages: Message[] }>(
      dan,
      "GET",
      pathOf(id),
    );
    // The line of their coming, and what was said since.
    expect(messages.map((message) => message.system?.event ?? message.content)).toEqual([
      "member_added",
      "welcome",
    ]);
    expect([seen.lastSeq, seen.unreadCount]).toEqual([4, 1]);
    expect(JSON.stringify(danSocket.received)).not.toContain("before");
    expect(names(await cluster.call(ben, "GET", pathOf(id)))).toContain(dan.id);
  });

  it("is added once however often: 201, then 200, and joined_seq stays", async () => {
    const { ana, id, anaSocket } = await group();
    const dan = await cluster.person("dan");
    const answers = await Promise.all(Array.from({ length: 8 }, () => add(ana, id, dan.id)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([...Array(7).fill(200), 201]);
    await cluster.send(anaSocket, id, "after");
    expect((await add(ana, id, dan.id)).status).toBe(200);
    const rows = await cluster.sql(
      "SELECT joined_seq FROM members WHERE conversation_id = $1 AND user_id = $2",
      [id, dan.id],
    );
    expect(rows).toEqual([{ joined_seq: "2" }]);
  });

  it("who does not exist is NOT_FOUND", async () => {
    const { ana, id } = await group();
    const answer = await add(ana, id, "nobody");
    expect([answer.status, answer.body.error?.message]).toEqual([404, "no such person"]);
  });

  it("who was removed and comes back does not see what was said meanwhile", async () => {
    const { ana, ben, id, anaSocket, benSocket } = await group();
    await remove(ana, id, ben.id);
    await benSocket.waitFor("conversation_removed");
    await cluster.send(anaSocket, id, "behind your back");
    await add(ana, id, ben.id);
    await benSocket.waitFor("conversation_added", (added) => added.conversationId === id);
    await cluster.send(anaSocket, id, "back");
    await benSocket.waitFor("new_message", (message) => message.content === "back");
    const { conversations } = await benSocket.ok("sync", { cursors: { [id]: 0 } });
    const since = conversations[0]!.messages.map((message) => message.system?.event ?? message.content);
    expect(since).toEqual(["member_added", "back"]);
    expect(JSON.stringify(benSocket.received)).not.toContain("behind your back");
  });

  it("who is removed and added in quick succession is in the end what the last change says", async () => {
    const { ana, ben, id, anaSocket, benSocket } = await group();
    for (let round = 1; round <= 15; round++) {
      await remove(ana, id, ben.id);
      await add(ana, id, ben.id);
      const { seq } = await cluster.send(anaSocket, id, `round ${round}`);
      await benSocket.waitFor("new_message", (message) => message.seq === seq);
    }
  });
});

describe("who is removed", () => {
  it("is told, is a stranger at once, and receives nothing more", async () => {
    const { ana, ben, id, anaSocket, benSocket, calSocket } = await group();
    await benSocket.messages(id, 2);
    expect((await remove(ana, id, ben.id)).status).toBe(200);
    await expectStranger(ben, benSocket, id);
    await benSocket.waitFor("conversation_removed", (removed) => removed.conversationId === id);
    await updates(calSocket, id, ben);
    await cluster.send(anaSocket, id, "without you");
    await calSocket.ok("typing", { conversationId: id, isTyping: true });
    await calSocket.ok("mark_read", { conversationId: id, seq: 4 });
    await anaSocket.waitFor("messages_read", (mark) => mark.seq === 4 && mark.conversationId === id);
    // The line of the removal, too, is for those who stay.
    expect((await calSocket.messages(id, 4)).at(-1)!.content).toBe("without you");
    // The barrier: what comes to ben now was published after all of the above.
    const open = await cluster.conversation(ana, ben);
    await cluster.send(anaSocket, open.id, "elsewhere");
    await benSocket.messages(open.id, 1);
    expect(benSocket.messagesSoFar(id)).toHaveLength(2);
    expect(benSocket.all("messages_read").map((mark) => mark.seq)).not.toContain(4);
    expect((await remove(ana, id, ben.id)).status).toBe(200);
  });

  it("may be oneself, which is leaving", async () => {
    const { ben, id, benSocket } = await group();
    expect((await remove(ben, id, ben.id)).status).toBe(200);
    await expectStranger(ben, benSocket, id);
  });
});

describe("with pub/sub frozen", () => {
  it("who is removed receives nothing that was sent after it, and is told; the rest goes on", async () => {
    const { ana, ben, id, anaSocket, benSocket } = await group();
    // One more of each on the others' gateways: a removal must not depend on who else is there.
    const benElsewhere = await cluster.socket(ben, 0);
    const dan = await cluster.person("dan");
    await add(ana, id, dan.id);
    const danSocket = await cluster.socket(dan, 1);
    await benSocket.messages(id, 2);
    await whileFrozen(async () => {
      await remove(ana, id, ben.id);
      const refused = { conversationId: id, clientMessageId: randomUUID(), content: "still here" };
      expect(await benSocket.refused("send_message", refused)).toMatchObject({ code: "NOT_FOUND" });
      for (let n = 1; n <= 3; n++) await cluster.send(anaSocket, id, `without you ${n}`);
      await danSocket.messages(id, 3);
      for (const socket of [benSocket, benElsewhere])
        await socket.waitFor("conversation_removed", (removed) => removed.conversationId === id);
      await cluster.send(anaSocket, id, "without you 4");
      await danSocket.messages(id, 4);
    });
    for (const socket of [benSocket, benElsewhere])
      expect(JSON.stringify(socket.received)).not.toContain("without you");
  });
});

/** SIGSTOP on this cluster's own Redis: connections stay open and nothing answers. */
async function whileFrozen(work: () => Promise<void>): Promise<void> {
  const redis = createPublisherClient({ url: cluster.redisUrl, cluster: false }, pino({ level: "silent" }));
  await eventually(
    "redis",
    () => redis.status,
    (status) => status === "ready",
  );
  const pid = Number(/process_id:(\d+)/.exec(String(await redis.info("server")))![1]);
  redis.disconnect();
  process.kill(pid, "SIGSTOP");
  try {
    await work();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

describe("leaving", () => {
  it("answers the group without oneself, takes one's sockets out, and tells both sides", async () => {
    const { ana, ben, id, anaSocket, benSocket, calSocket } = await group();
    const second = await cluster.socket(ben, 2);
    const left = await cluster.call<Conversation>(ben, "POST", pathOf(id, "/leave"));
    expect([left.id, names(left).includes(ben.id), left.unreadCount]).toEqual([id, false, 2]);
    for (const socket of [benSocket, second])
      await socket.waitFor("conversation_removed", (removed) => removed.conversationId === id);
    await updates(calSocket, id, ben);
    await expectStranger(ben, benSocket, id);
    expect((await cluster.rest(ben, "POST", pathOf(id, "/leave"))).status).toBe(404);
    await cluster.send(anaSocket, id, "bye");
    await calSocket.messages(id, 3);
    const { total } = await cluster.call<{ total: number }>(ben, "GET", "/api/messages/unread");
    expect(total).toBe(0);
    expect(names(await cluster.call(ana, "GET", pathOf(id)))).toHaveLength(2);
  });

  it.each(["direct", "support"])("is for groups: INVALID in a %s conversation", async (kind) => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const body = kind === "direct" ? { recipientId: ben.id } : { kind };
    const { id } = await cluster.call<Conversation>(ana, "POST", "/api/messages/conversations", body);
    const answer = await cluster.rest(ana, "POST", pathOf(id, "/leave"));
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });
});

describe("who may change the members", () => {
  const key = { token: serverKey };

  it("of a group: its members, agents, admins and a server key; nobody else sees it", async () => {
    const { ben, id } = await group();
    const outsiders = await Promise.all([cluster.person("oz"), cluster.person("tec", "technician")]);
    const staff = await Promise.all([cluster.person("agent", "agent"), cluster.person("boss", "admin")]);
    const dan = await cluster.person("dan");
    for (const by of outsiders) {
      expect((await add(by, id, dan.id)).status).toBe(404);
      expect((await remove(by, id, ben.id)).status).toBe(404);
    }
    for (const by of [ben, key, ...staff]) {
      expect((await add(by, id, dan.id)).status).toBe(201);
      expect((await remove(by, id, dan.id)).status).toBe(200);
    }
  });

  it("of a direct conversation: nobody", async () => {
    const [ana, ben, dan] = await Promise.all(["ana", "ben", "dan"].map((name) => cluster.person(name)));
    const agent = await cluster.person("agent", "agent");
    const { id } = await cluster.conversation(ana!, ben!);
    for (const by of [ana!, key]) {
      expect((await add(by, id, dan!.id)).body.error?.code).toBe("INVALID");
      expect((await remove(by, id, ben!.id)).body.error?.code).toBe("INVALID");
    }
    expect((await add(agent, id, dan!.id)).status).toBe(404);
  });

  it("of a support conversation: agents and a server key, and its customer stays", async () => {
    const [ana, agent] = [await cluster.person("ana"), await cluster.person("agent", "agent")];
    const body = { kind: "support" };
    const { id } = await cluster.call<Conversation>(ana, "POST", "/api/messages/conversations", body);
    expect((await add(ana, id, agent.id)).body.error?.code).toBe("FORBIDDEN");
    expect((await add(agent, id, agent.id)).status).toBe(201);
    expect((await remove(agent, id, ana.id)).body.error?.code).toBe("INVALID");
    expect((await remove(key, id, agent.id)).status).toBe(200);
  });
});

describe("archiving and muting", () => {
  const list = async (person: TestPerson, query: string) =>
    (await cluster.call<Page<Conversation>>(person, "GET", `/api/messages/conversations?${query}`)).items;

  it("archiving moves it to the archive for oneself alone, and back", async () => {
    const { ana, ben, id } = await group();
    for (let repeat = 0; repeat < 2; repeat++)
      expect(await cluster.call(ben, "POST", pathOf(id, "/archive"))).toMatchObject({ id, archived: true });
    expect(await list(ben, "")).toEqual([]);
    expect(await list(ben, "archived=true")).toMatchObject([{ id, archived: true }]);
    expect(await list(ana, "")).toMatchObject([{ id, archived: false }]);
    expect(await cluster.call(ben, "POST", pathOf(id, "/unarchive"))).toMatchObject({ archived: false });
    expect(await list(ben, "")).toMatchObject([{ id }]);
  });

  it.each([
    ["without a body", undefined, "9999-12-31T23:59:59.999Z"],
    ["without a time", {}, "9999-12-31T23:59:59.999Z"],
    ["until a time", { until: "2099-01-01T01:00:00+01:00" }, "2099-01-01T00:00:00.000Z"],
    ["until a time that has passed", { until: "2001-01-01T00:00:00Z" }, null],
    ["until null", { until: null }, null],
  ])("mutes %s", async (_, body, mutedUntil) => {
    const { ben, id } = await group();
    await cluster.call(ben, "POST", pathOf(id, "/mute"), { until: "2050-01-01T00:00:00Z" });
    expect(await cluster.call(ben, "POST", pathOf(id, "/mute"), body)).toMatchObject({ mutedUntil });
  });

  it.each([{ until: "tomorrow" }, { until: 5 }, { until: "0000-01-01T00:00:00Z" }, { forever: true }])(
    "refuses %j",
    async (body) => {
      const { ben, id } = await group();
      expect((await cluster.rest(ben, "POST", pathOf(id, "/mute"), body)).body.error?.code).toBe("INVALID");
    },
  );

  it("who muted is not notified, and who did not is", async () => {
    const { ben, cal, id, anaSocket, calSocket } = await group();
    await cluster.call(ben, "POST", pathOf(id, "/mute"));
    const { seq } = await cluster.send(anaSocket, id, "pst");
    await calSocket.waitFor("notification", (line) => line.conversationId === id && line.seq === seq);
    const lines = await cluster.sql(
      "SELECT user_id FROM notifications WHERE conversation_id = $1 AND seq = $2",
      [id, seq],
    );
    expect(lines).toEqual([{ user_id: cal.id }]);
  });
});
