import { randomUUID } from "node:crypto";
import type { HistoryPage, Page } from "@parloir/contracts/http.ts";
import type { Conversation, Message } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 2, apis: 2 });
afterAll(() => cluster.stop());

const base = "/api/messages/conversations";
const pathOf = (id: string, rest = "") => `${base}/${id}${rest}`;
const subject = { type: "order", id: "A-1", title: "Order A-1 is late" };

/** A customer's conversation with the team, with one message, and an agent who has nothing to do with it yet. */
async function ticket() {
  const [ana, kim] = [await cluster.person("ana"), await cluster.person("kim", "agent")];
  const { id } = await cluster.call<Conversation>(ana, "POST", base, { kind: "support", subject });
  const anaSocket = await cluster.socket(ana, 0);
  await cluster.send(anaSocket, id, "help");
  return { ana, kim, id, anaSocket };
}

const change = (by: TestPerson, id: string, action: string) =>
  cluster.call<Conversation>(by, "POST", pathOf(id, `/${action}`));
const assign = (by: TestPerson, id: string, assigneeId: string | null, expected: string | null) =>
  cluster.rest(by, "POST", pathOf(id, "/assign"), { assigneeId, expected });
const members = async (id: string) =>
  (
    await cluster.sql<{ user_id: string }>("SELECT user_id FROM members WHERE conversation_id = $1", [id])
  ).map((row) => row.user_id);

function updated(socket: TestSocket, id: string, fits: (conversation: { status: string }) => boolean) {
  return socket.waitFor("conversation_updated", (shared) => shared.id === id && fits(shared));
}

describe("an agent who is no member", () => {
  it("reads a support conversation and, having it open, receives its messages; that makes no member", async () => {
    const { kim, id, anaSocket } = await ticket();
    const { messages, ...seen } = await cluster.call<Conversation & { messages: Message[] }>(
      kim,
      "GET",
      pathOf(id),
    );
    expect(messages.map((message) => message.content)).toEqual(["help"]);
    expect(seen).toMatchObject({ unreadCount: 0, lastMessage: { content: "help" } });
    const page = await cluster.call<HistoryPage>(kim, "GET", `/api/messages?conversationId=${id}&after=0`);
    expect(page.messages).toHaveLength(1);
    const socket = await cluster.socket(kim, 1);
    expect((await socket.ok("join_conversation", { conversationId: id })).messages).toHaveLength(1);
    await cluster.send(anaSocket, id, "anybody?");
    expect((await socket.messages(id, 1))[0]!.content).toBe("anybody?");
    expect(await members(id)).toHaveLength(1);
    expect(await cluster.call(kim, "GET", "/api/messages/unread")).toEqual({ total: 0, conversations: {} });
  });

  it.each(["client", "technician"] as const)("would be a %s: sees nothing of it", async (role) => {
    const { id } = await ticket();
    const other = await cluster.person("other", role);
    expect((await cluster.rest(other, "GET", pathOf(id))).status).toBe(404);
    const socket = await cluster.socket(other);
    const refused = await socket.refused("join_conversation", { conversationId: id });
    expect(refused).toMatchObject({ code: "NOT_FOUND" });
    const send = { conversationId: id, clientMessageId: randomUUID(), content: "hello" };
    expect(await socket.refused("send_message", send)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("sees no direct conversation or group of others", async () => {
    const [ana, ben, kim] = [await cluster.person("ana"), await cluster.person("ben"), (await ticket()).kim];
    const { id } = await cluster.conversation(ana, ben);
    for (const method of ["GET", "DELETE"])
      expect((await cluster.rest(kim, method, pathOf(id))).status).toBe(404);
    expect((await cluster.rest(kim, "POST", pathOf(id, "/close"))).status).toBe(404);
    const send = { conversationId: id, clientMessageId: randomUUID(), content: "hello" };
    expect((await cluster.rest(kim, "POST", "/api/messages", send)).status).toBe(404);
  });

  it("becomes a member by answering, with all of the history, and the first answers keep their order", async () => {
    const { kim, id, anaSocket } = await ticket();
    const socket = await cluster.socket(kim, 1);
    const texts = Array.from({ length: 20 }, (_, n) => `answer ${n}`);
    await Promise.all(texts.map((text) => cluster.send(socket, id, text)));
    const received = await anaSocket.messages(id, 21);
    expect(received.slice(1).map((message) => message.content)).toEqual(texts);
    await socket.waitFor("conversation_added", (added) => added.conversationId === id);
    const mine = await cluster.call<Conversation & { messages: Message[] }>(kim, "GET", pathOf(id));
    expect([mine.messages[0]!.content, mine.unreadCount]).toEqual(["help", 0]);
    expect(mine.participants.map((each) => each.userId)).toContain(kim.id);
    await anaSocket.waitFor("conversation_updated", (shared) => shared.participants.length === 2);
    await cluster.send(anaSocket, id, "thanks");
    expect((await socket.messages(id, 1)).at(-1)!.conversationId).toBe(id);
  });
});

describe("the status", () => {
  it("is closed, reopened and pending by agents; leaving «closed» begins a cycle; each is told once", async () => {
    const { kim, id, anaSocket } = await ticket();
    const steps: [string, string, number][] = [
      ["close", "closed", 1],
      ["close", "closed", 1],
      ["reopen", "open", 2],
      ["reopen", "open", 2],
      ["pending", "pending", 2],
      ["reopen", "open", 2],
      ["close", "closed", 2],
      ["pending", "pending", 3],
    ];
    for (const [action, status, cycle] of steps)
      expect(await change(kim, id, action)).toMatchObject({ id, status, cycle });
    await updated(anaSocket, id, (shared) => shared.status === "pending");
    await anaSocket.waitFor("conversation_updated", (shared) => shared.cycle === 3);
    const told = anaSocket.all("conversation_updated").map((shared) => [shared.status, shared.cycle]);
    expect(told).toEqual([
      ["closed", 1],
      ["open", 2],
      ["pending", 2],
      ["open", 2],
      ["closed", 2],
      ["pending", 3],
    ]);
  });

  it.each(["close", "reopen", "pending", "assign"])("customers may not %s: FORBIDDEN", async (action) => {
    const { ana, id } = await ticket();
    const body = action === "assign" ? { assigneeId: null, expected: null } : undefined;
    const answer = await cluster.rest(ana, "POST", pathOf(id, `/${action}`), body);
    expect([answer.status, answer.body.error?.code]).toEqual([403, "FORBIDDEN"]);
  });

  it("is for support conversations: INVALID for an agent in another", async () => {
    const [ana, kim] = [await cluster.person("ana"), await cluster.person("kim", "agent")];
    const { id } = await cluster.conversation(ana, kim);
    const answer = await cluster.rest(kim, "POST", pathOf(id, "/close"));
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });

  it("closed is opened again by the customer's message, once however many come, and not by an agent's", async () => {
    const { ana, kim, id, anaSocket } = await ticket();
    const socket = await cluster.socket(kim, 1);
    await cluster.send(socket, id, "done");
    await change(kim, id, "close");
    await cluster.send(socket, id, "one more thing");
    expect(await cluster.call(kim, "GET", pathOf(id))).toMatchObject({ status: "closed", cycle: 1 });
    await Promise.all([1, 2, 3].map((n) => cluster.send(anaSocket, id, `not at all ${n}`)));
    expect(await cluster.call(ana, "GET", pathOf(id))).toMatchObject({ status: "open", cycle: 2 });
    await socket.waitFor("conversation_updated", (shared) => shared.id === id && shared.cycle === 2);
    await cluster.send(anaSocket, id, "still not");
    expect(await cluster.call(ana, "GET", pathOf(id))).toMatchObject({ status: "open", cycle: 2 });
  });

  it("closed is restored by undoing it, in the same cycle and as it was before, by any agent", async () => {
    const { kim, id, anaSocket } = await ticket();
    const lou = await cluster.person("lou", "agent");
    const undo = (by: TestPerson) => cluster.rest(by, "POST", pathOf(id, "/reopen"), { undo: true });
    for (const [before, cycle] of [
      ["pending", 1],
      ["open", 1],
    ] as const) {
      await change(kim, id, before === "open" ? "reopen" : before);
      await change(kim, id, "close");
      expect((await undo(lou)).body.data).toMatchObject({ status: before, cycle });
      // Again, and there is nothing to undo: as it is.
      expect((await undo(kim)).body.data).toMatchObject({ status: before, cycle });
    }
    await updated(anaSocket, id, (shared) => shared.status === "open");
    await change(kim, id, "close");
    await cluster.send(anaSocket, id, "wait");
    // The customer's message came first: a new cycle, which stays one.
    expect((await undo(kim)).body.data).toMatchObject({ status: "open", cycle: 2 });
  });

  it("closed a while ago is not undone: CONFLICT, and it stays closed", async () => {
    const { kim, id } = await ticket();
    await change(kim, id, "close");
    await cluster.sql("UPDATE conversations SET closed_at = now() - interval '1 hour' WHERE id = $1", [id]);
    const late = await cluster.rest(kim, "POST", pathOf(id, "/reopen"), { undo: true });
    expect([late.status, late.body.error?.code]).toEqual([409, "CONFLICT"]);
    expect(await change(kim, id, "reopen")).toMatchObject({ status: "open", cycle: 2 });
  });

  it("closed while the customer's message waits for the row is opened by that message", async () => {
    const { ana, id, anaSocket } = await ticket();
    const holder = await cluster.postgres.connect();
    await holder.query("BEGIN");
    await holder.query("UPDATE conversations SET status = 'closed' WHERE id = $1", [id]);
    const sent = cluster.send(anaSocket, id, "wait");
    await blockedBy(holder);
    await holder.query("COMMIT");
    holder.release();
    await sent;
    expect(await cluster.call(ana, "GET", pathOf(id))).toMatchObject({ status: "open", cycle: 2 });
  });
});

/** Resolves when somebody waits for a lock that this connection holds. */
async function blockedBy(holder: { query: (text: string) => Promise<{ rows: object[] }> }): Promise<void> {
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))";
  while ((await holder.query(waiting)).rows.length === 0)
    await new Promise((resolve) => setImmediate(resolve));
}

describe("assigning", () => {
  it("gives it to one of 20 who race, tells the others who, and makes that one a member", async () => {
    const { id, anaSocket } = await ticket();
    const agents = await Promise.all(Array.from({ length: 20 }, () => cluster.person("racer", "agent")));
    const answers = await Promise.all(agents.map((agent) => assign(agent, id, agent.id, null)));
    const won = agents.filter((_, index) => answers[index]!.status === 200);
    expect(won).toHaveLength(1);
    const winner = won[0]!;
    for (const { status, body } of answers.filter((answer) => answer.status !== 200)) {
      expect([status, body.error?.code]).toEqual([409, "CONFLICT"]);
      expect(body.error).toMatchObject({ present: winner.id });
      expect(body.error?.message).toContain(winner.id);
    }
    expect((await assign(winner, id, winner.id, null)).status).toBe(200);
    await anaSocket.waitFor("conversation_updated", (shared) => shared.assigneeId === winner.id);
    expect(await members(id)).toHaveLength(2);
  });

  it("goes on to another and to nobody, as expected", async () => {
    const { kim, id } = await ticket();
    const lou = await cluster.person("lou", "admin");
    expect((await assign(kim, id, kim.id, null)).body.data).toMatchObject({ assigneeId: kim.id });
    expect((await assign(lou, id, lou.id, kim.id)).body.data).toMatchObject({ assigneeId: lou.id });
    expect((await assign(kim, id, null, kim.id)).body.error).toMatchObject({ present: lou.id });
    expect((await assign(kim, id, null, lou.id)).body.data).toMatchObject({ assigneeId: null });
    expect((await assign(kim, id, kim.id, lou.id)).body.error).toMatchObject({ present: null });
    const audited = await cluster.call<{ items: object[] }>(lou, "GET", `/api/audit?target=${id}`);
    const line = (from: string | null, to: string | null) => {
      return { action: "conversation.assigned", details: { from, to } };
    };
    expect(audited.items).toMatchObject([line(lou.id, null), line(kim.id, lou.id), line(null, kim.id)]);
  });

  it.each(["client", "nobody"])("to %s is INVALID", async (who) => {
    const { ana, kim, id } = await ticket();
    const answer = await assign(kim, id, who === "client" ? ana.id : "nobody", null);
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });
});

describe("an agent's list", () => {
  const list = async (person: TestPerson, query: string) => {
    const { items } = await cluster.call<Page<Conversation>>(person, "GET", `${base}?${query}`);
    return items.map((each) => each.id);
  };

  it("shows what is mine, unassigned, or all of support, found by status, subject and person", async () => {
    const [first, second, third] = [await ticket(), await ticket(), await ticket()];
    const zoe = await cluster.person("Zoe.Quist");
    const about = { kind: "support", subject: { type: "order", id: "9", title: "Broken HINGE 9" } };
    const { id: fourth } = await cluster.call<Conversation>(zoe, "POST", base, about);
    const { kim } = first;
    await assign(kim, first.id, kim.id, null);
    await assign(third.kim, second.id, third.kim.id, null);
    await change(kim, third.id, "close");

    expect(await list(kim, "view=mine")).toEqual([first.id]);
    const unassigned = await list(kim, "view=unassigned&limit=200");
    expect([first.id, second.id, third.id, fourth].map((id) => unassigned.includes(id))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(await list(kim, "view=all&limit=200")).toEqual(
      expect.arrayContaining([first.id, second.id, third.id, fourth]),
    );
    expect(await list(kim, "view=unassigned&status=closed")).toEqual([third.id]);
    expect(await list(kim, "view=all&q=hinge")).toEqual([fourth]);
    expect(await list(kim, `view=all&q=${encodeURIComponent("zoe.q")}`)).toEqual([fourth]);
    expect(await list(kim, "view=all&q=100%25")).toEqual([]);
    expect(await list(kim, "")).toEqual([first.id]);
  });

  it("is paged without repetition, newest first", async () => {
    const { kim } = await ticket();
    await Promise.all(Array.from({ length: 5 }, ticket));
    const whole = await list(kim, "view=all&limit=200");
    const paged: string[] = [];
    for (let cursor = ""; ; ) {
      const page = await cluster.call<Page<Conversation>>(kim, "GET", `${base}?view=all&limit=2${cursor}`);
      paged.push(...page.items.map((each) => each.id));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(paged).toEqual(whole);
  });

  it("is not for customers: FORBIDDEN; text is, in what is theirs", async () => {
    const { ana, id } = await ticket();
    await ticket();
    expect((await cluster.rest(ana, "GET", `${base}?view=all`)).status).toBe(403);
    expect(await list(ana, "q=order")).toEqual([id]);
    expect(await list(ana, "q=nothing")).toEqual([]);
  });
});
