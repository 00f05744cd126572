import { randomUUID } from "node:crypto";
import type { HistoryPage, Page } from "@parloir/contracts/http.ts";
import type { Conversation, FoundMessage, Message } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 2, apis: 2, workers: 1 });
afterAll(() => cluster.stop());

const host = { token: serverKey };
const base = "/api/messages/conversations";
const pathOf = (id: string, rest = "") => `${base}/${id}${rest}`;
const named = ({ id, name }: TestPerson) => ({ userId: id, name });
const history = async (by: TestPerson, id: string) =>
  (await cluster.call<HistoryPage>(by, "GET", `/api/messages?conversationId=${id}&after=0&limit=200`))
    .messages;
const told = (messages: Message[]) => messages.map(({ system, content }) => system?.event ?? content);

/** A group of ana and ben, who is elsewhere and has read nothing. */
async function group() {
  const [ana, ben, cal] = [
    await cluster.person("ana"),
    await cluster.person("ben"),
    await cluster.person("cal"),
  ];
  const { id } = await cluster.conversation(ana, ben, await cluster.person("dan"));
  const [anaSocket, benSocket] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
  await cluster.send(anaSocket, id, "hello");
  return { ana, ben, cal, id, anaSocket, benSocket };
}

async function ticket() {
  const [ana, kim] = [await cluster.person("ana"), await cluster.person("kim", "agent")];
  const { id } = await cluster.call<Conversation>(ana, "POST", base, { kind: "support" });
  const [anaSocket, kimSocket] = [await cluster.socket(ana, 0), await cluster.socket(kim, 1)];
  await cluster.send(anaSocket, id, "help");
  await kimSocket.ok("join_conversation", { conversationId: id });
  return { ana, kim, id, anaSocket, kimSocket };
}

describe("in a group", () => {
  it("who is added, removed and leaves is told at its place, live, in history and by sync", async () => {
    const { ana, ben, cal, id, anaSocket, benSocket } = await group();
    await cluster.call(ana, "POST", pathOf(id, "/members"), { userId: cal.id });
    await cluster.send(benSocket, id, "welcome");
    await cluster.call(host, "DELETE", pathOf(id, `/members/${cal.id}`));
    await cluster.call(host, "POST", pathOf(id, "/members"), { userId: cal.id });
    await cluster.call(cal, "POST", pathOf(id, "/leave"));
    const seen = await benSocket.messages(id, 6);
    expect(told(seen)).toEqual([
      "hello",
      "member_added",
      "welcome",
      "member_removed",
      "member_added",
      "member_left",
    ]);
    expect(seen.map((message) => [message.seq, message.change])).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => [n, n]),
    );
    expect(seen.flatMap(({ system }) => system ?? [])).toEqual([
      { event: "member_added", actor: named(ana), person: named(cal) },
      { event: "member_removed", actor: null, person: named(cal) },
      { event: "member_added", actor: null, person: named(cal) },
      { event: "member_left", actor: named(cal), person: named(cal) },
    ]);
    expect(seen[1]).toMatchObject({
      kind: "system",
      senderId: "parloir:system",
      content: "Somebody was added.",
    });
    expect(await anaSocket.messages(id, 6)).toEqual(seen);
    expect(await history(ana, id)).toEqual(seen);
    const late = await cluster.socket(ben, 0);
    const { conversations } = await late.ok("sync", { cursors: { [id]: { seq: 1, change: 1 } } });
    expect(conversations[0]).toMatchObject({ messages: seen.slice(1), lastSeq: 6, complete: true });
    late.close();
  });

  it("a new member's first line is their own coming; who was removed is told nothing more", async () => {
    const { ana, cal, id } = await group();
    const calSocket = await cluster.socket(cal, 1);
    await cluster.call(ana, "POST", pathOf(id, "/members"), { userId: cal.id });
    await calSocket.waitFor("conversation_added");
    expect(told(await history(cal, id))).toEqual(["member_added"]);
    expect(await cluster.call(cal, "GET", "/api/messages/unread")).toEqual({ total: 0, conversations: {} });
    await cluster.call(ana, "DELETE", pathOf(id, `/members/${cal.id}`));
    await calSocket.waitFor("conversation_removed");
    expect(JSON.stringify(calSocket.received)).not.toContain("member_removed");
    expect((await cluster.rest(cal, "GET", pathOf(id))).status).toBe(404);
  });

  it("adding who is there, or removing who is not, tells nothing; creating tells nothing either", async () => {
    const { ana, ben, cal, id } = await group();
    await cluster.call(ana, "POST", pathOf(id, "/members"), { userId: ben.id });
    await cluster.call(ana, "DELETE", pathOf(id, `/members/${cal.id}`));
    expect(told(await history(ana, id))).toEqual(["hello"]);
  });

  it("lines and messages that race have one order without a gap on every device", async () => {
    const { ana, ben, cal, id, anaSocket, benSocket } = await group();
    const churn = async () => {
      for (let n = 0; n < 6; n++) {
        await cluster.call(ana, "POST", pathOf(id, "/members"), { userId: cal.id });
        await cluster.call(ana, "DELETE", pathOf(id, `/members/${cal.id}`));
      }
    };
    const talk = async (socket: TestSocket) => {
      for (let n = 0; n < 10; n++) await Promise.all([1, 2, 3].map(() => cluster.send(socket, id, "x")));
    };
    await Promise.all([churn(), talk(anaSocket), talk(benSocket)]);
    const total = 1 + 12 + 60;
    const seqs = Array.from({ length: total }, (_, index) => index + 1);
    for (const socket of [anaSocket, benSocket])
      expect((await socket.messages(id, total)).map((message) => message.seq)).toEqual(seqs);
    expect((await history(ben, id)).map((message) => message.seq)).toEqual(seqs);
  });
});

describe("in a support conversation", () => {
  it("assignments, closing, reopening and undoing are told to the customer too", async () => {
    const { ana, kim, id, anaSocket, kimSocket } = await ticket();
    const lou = await cluster.person("lou", "agent");
    const act = (action: string, body?: object) => cluster.call(kim, "POST", pathOf(id, `/${action}`), body);
    await act("assign", { assigneeId: kim.id, expected: null });
    await act("assign", { assigneeId: lou.id, expected: kim.id });
    await act("assign", { assigneeId: null, expected: lou.id });
    await act("pending");
    await act("close");
    await act("close");
    await act("reopen");
    await act("close");
    await act("reopen", { undo: true });
    const seen = await anaSocket.messages(id, 8);
    expect(seen.flatMap(({ system }) => system ?? [])).toEqual([
      { event: "assigned", actor: named(kim), person: named(kim) },
      { event: "assigned", actor: named(kim), person: named(lou) },
      { event: "unassigned", actor: named(kim), person: named(lou) },
      { event: "closed", actor: named(kim), person: null },
      { event: "reopened", actor: named(kim), person: null },
      { event: "closed", actor: named(kim), person: null },
      { event: "reopened", actor: named(kim), person: null },
    ]);
    expect(await kimSocket.messages(id, 7)).toEqual(seen.slice(1));
    expect(await history(ana, id)).toEqual(seen);
  });

  it("a customer's message that reopens has the line before it, also in a burst", async () => {
    const { ana, kim, id, anaSocket, kimSocket } = await ticket();
    await cluster.call(kim, "POST", pathOf(id, "/close"));
    await anaSocket.messages(id, 2);
    await Promise.all(["one", "two", "three"].map((text) => cluster.send(anaSocket, id, text)));
    const due = ["help", "closed", "reopened", "one", "two", "three"];
    const seen = await anaSocket.messages(id, due.length);
    expect(told(seen)).toEqual(due);
    expect(seen[2]!.system).toEqual({ event: "reopened", actor: named(ana), person: null });
    expect(told(await kimSocket.messages(id, due.length - 1))).toEqual(due.slice(1));
    expect(await history(kim, id)).toEqual(seen);
    expect(await cluster.call(kim, "GET", pathOf(id))).toMatchObject({
      status: "open",
      cycle: 2,
      lastSeq: 6,
    });
  });

  it("lines begin and end no wait", async () => {
    const { kim, id, anaSocket, kimSocket } = await ticket();
    await cluster.call(kim, "POST", pathOf(id, "/assign"), { assigneeId: kim.id, expected: null });
    await cluster.send(kimSocket, id, "here");
    await cluster.call(kim, "POST", pathOf(id, "/assign"), { assigneeId: null, expected: kim.id });
    await cluster.send(anaSocket, id, "thanks");
    const waits = await eventually(
      "both waits",
      () =>
        cluster.sql<{ measure: string; start_seq: number; end_seq: number | null }>(
          "SELECT measure, start_seq::int, end_seq::int FROM waits WHERE conversation_id = $1 ORDER BY start_seq",
          [id],
        ),
      (rows) => rows.length === 2,
    );
    expect(waits).toEqual([
      { measure: "first_reply", start_seq: 1, end_seq: 3 },
      { measure: "next_reply", start_seq: 5, end_seq: null },
    ]);
  });
});

describe("a system line", () => {
  it("is nobody's unread message, and notifies nobody", async () => {
    const { ana, ben, cal, id, anaSocket, benSocket } = await group();
    const unread = async () => (await cluster.call<Conversation>(ben, "GET", pathOf(id))).unreadCount;
    await benSocket.waitFor("notification", (line) => line.conversationId === id && line.seq === 1);
    await benSocket.ok("mark_read", { conversationId: id, seq: 1 });
    await cluster.call(ana, "POST", pathOf(id, "/members"), { userId: cal.id });
    expect(await unread()).toBe(0);
    const fresh = await cluster.socket(ben, 0);
    expect((await fresh.ready()).conversations.find((head) => head.id === id)).toMatchObject({
      lastSeq: 2,
      unreadCount: 0,
    });
    fresh.close();
    await cluster.send(anaSocket, id, "a text behind the line");
    const { count } = await benSocket.waitFor(
      "unread",
      (each) => each.conversationId === id && each.count > 0 && each.total > 0,
    );
    expect([count, await unread()]).toEqual([1, 1]);
    // The next notification stands for the text: none was made for the line before it.
    await benSocket.waitFor("notification", (line) => line.conversationId === id && line.seq === 3);
    const rows = await cluster.sql(
      "SELECT seq::int FROM notifications WHERE conversation_id = $1 AND user_id = $2 ORDER BY seq",
      [id, ben.id],
    );
    expect(rows).toEqual([{ seq: 1 }, { seq: 3 }]);
    expect(await benSocket.ok("mark_read", { conversationId: id, seq: 2 })).toEqual({
      lastReadSeq: 2,
      unreadCount: 1,
    });
  });

  it("cannot be edited, deleted or reacted to, by nobody", async () => {
    const { kim, id, anaSocket, kimSocket } = await ticket();
    await cluster.call(kim, "POST", pathOf(id, "/close"));
    await kimSocket.messages(id, 1);
    const line = { conversationId: id, seq: 2 };
    for (const socket of [anaSocket, kimSocket]) {
      for (const [command, payload] of [
        ["edit_message", { ...line, content: "never" }],
        ["delete_message", line],
        ["react", { ...line, emoji: "👍", on: true }],
      ] as const)
        expect(await socket.refused(command, payload)).toMatchObject({ code: "INVALID" });
    }
    expect(told(await history(kim, id))).toEqual(["help", "closed"]);
  });

  it("is not found by search", async () => {
    const { ana, kim, id, anaSocket } = await ticket();
    await cluster.call(kim, "POST", pathOf(id, "/close"));
    await cluster.send(anaSocket, id, "why was this conversation closed");
    const found = await eventually(
      "the message behind it",
      () => cluster.call<Page<FoundMessage>>(ana, "GET", `/api/messages/search?q=conversation%20closed`),
      ({ items }) => items.length > 0,
    );
    expect(found.items.map(({ message }) => message.kind)).toEqual(["text"]);
  });

  it("brings back no conversation that was deleted «for me»; the next text does", async () => {
    const { ana, ben, cal, id, anaSocket } = await group();
    const listed = async () =>
      (await cluster.call<Page<Conversation>>(ben, "GET", base)).items.some((each) => each.id === id);
    await cluster.call(ben, "DELETE", pathOf(id));
    await cluster.call(ana, "POST", pathOf(id, "/members"), { userId: cal.id });
    expect(await listed()).toBe(false);
    await cluster.send(anaSocket, id, "still here?");
    expect(await listed()).toBe(true);
  });

  it("of an erased person has the alias and no name, for devices that had it as well", async () => {
    const { kim, id, anaSocket } = await ticket();
    const lou = await cluster.person(`lou-${randomUUID()}`, "agent");
    // Lou never writes: an agent who only closes is no member.
    await cluster.call(lou, "POST", pathOf(id, "/close"));
    await cluster.call(host, "DELETE", `/api/users/${lou.id}`);
    const updated = await anaSocket.waitFor("message_updated", (message) => message.conversationId === id);
    expect(updated.system?.actor).toEqual({
      userId: expect.stringMatching(/^erased:/),
      name: "Erased person",
    });
    expect(JSON.stringify(await history(kim, id))).not.toContain(lou.name);
    const left = await eventually(
      "the erasure to be done",
      () => cluster.call<{ status: string }>(host, "GET", `/api/users/${lou.id}/erasure`),
      ({ status }) => status === "done",
    );
    expect(left).toMatchObject({ status: "done" });
    const rows = await cluster.sql("SELECT FROM system_lines WHERE actor_name = $1 OR actor_id = $2", [
      lou.name,
      lou.id,
    ]);
    expect(rows).toEqual([]);
  });
});
