import { randomUUID } from "node:crypto";
import type { Page } from "@parloir/contracts/http.ts";
import type { Conversation, Note } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster({ gateways: 2, apis: 2, workers: 1 });
afterAll(() => cluster.stop());

const base = "/api/messages/conversations";
const notesOf = (id: string) => `${base}/${id}/notes`;
const secret = "knows-our-margins";

async function ticket() {
  const [ana, kim, lou] = await Promise.all([
    cluster.person("ana"),
    cluster.person("kim", "agent"),
    cluster.person("lou", "admin"),
  ]);
  const { id } = await cluster.call<Conversation>(ana, "POST", base, { kind: "support" });
  const anaSocket = await cluster.socket(ana, 0);
  await cluster.send(anaSocket, id, "help");
  return { ana, kim, lou, id, anaSocket };
}

const body = (content = secret, clientNoteId: string = randomUUID()) => ({ clientNoteId, content });
const write = (by: TestPerson, id: string, note = body()) => cluster.rest(by, "POST", notesOf(id), note);
const read = (by: TestPerson, id: string, query = "") =>
  cluster.call<Page<Note>>(by, "GET", `${notesOf(id)}${query}`);

describe("a private note", () => {
  it("is stored once however often it is sent, behind the message that it follows", async () => {
    const { kim, lou, id, anaSocket } = await ticket();
    const note = body();
    const answers = await Promise.all(Array.from({ length: 8 }, () => write(kim, id, note)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([...Array(7).fill(200), 201]);
    const stored = answers[0]!.body.data as Note;
    for (const answer of answers) expect(answer.body.data).toEqual(stored);
    expect(stored).toMatchObject({ conversationId: id, afterSeq: 1, authorId: kim.id, content: secret });
    const other = await write(kim, id, { ...note, content: "something else" });
    expect([other.status, other.body.error?.code]).toEqual([409, "CONFLICT"]);
    await cluster.send(anaSocket, id, "more");
    // Another author's ids are their own.
    expect((await write(lou, id, note)).body.data).toMatchObject({ afterSeq: 2, authorId: lou.id });
    const { items, nextCursor } = await read(lou, id);
    expect([items.map((each) => each.authorId), nextCursor]).toEqual([[kim.id, lou.id], null]);
    expect(items[0]).toEqual(stored);
  });

  it("is listed oldest first, in pages, whose cursors hold for one conversation", async () => {
    const { kim, id } = await ticket();
    const texts = ["1", "2", "3", "4", "5"];
    for (const text of texts) await write(kim, id, body(text));
    const listed: string[] = [];
    for (let query = "?limit=2"; ; ) {
      const page = await read(kim, id, query);
      listed.push(...page.items.map((each) => each.content));
      if (page.nextCursor === null) break;
      query = `?limit=2&cursor=${page.nextCursor}`;
    }
    expect(listed).toEqual(texts);
    const { nextCursor } = await read(kim, id, "?limit=1");
    const foreign = await cluster.rest(kim, "GET", `${notesOf((await ticket()).id)}?cursor=${nextCursor}`);
    expect(foreign.status).toBe(400);
  });

  it.each([
    ["nothing", { clientNoteId: "1", content: " \u200b" }, "INVALID"],
    ["NUL", { clientNoteId: "1", content: "a\u0000" }, "INVALID"],
    ["4,001 characters", { clientNoteId: "1", content: "x".repeat(4_001) }, "TOO_LARGE"],
    ["no id", { content: "x" }, "INVALID"],
    ["an author", { clientNoteId: "1", content: "x", authorId: "other" }, "INVALID"],
  ])("holding %s is refused", async (_, note, code) => {
    const { kim, id } = await ticket();
    expect((await cluster.rest(kim, "POST", notesOf(id), note)).body.error?.code).toBe(code);
  });

  it("reaches agents on every gateway, whether they have the conversation open or not", async () => {
    const { kim, lou, id } = await ticket();
    const sockets = await Promise.all([
      cluster.socket(kim, 0),
      cluster.socket(kim, 1),
      cluster.socket(lou, 1),
    ]);
    await sockets[2]!.ok("join_conversation", { conversationId: id });
    const note = (await write(kim, id)).body.data as Note;
    for (const socket of sockets)
      expect(await socket.waitFor("note_added", (added) => added.id === note.id)).toEqual(note);
  });
});

describe("a note in what is no support conversation", () => {
  it("is refused: INVALID for an agent who is in it, NOT_FOUND for one who is not", async () => {
    const { ana, kim, lou } = await ticket();
    const { id } = await cluster.conversation(ana, kim);
    expect((await write(kim, id)).body.error?.code).toBe("INVALID");
    for (const absent of [id, randomUUID()]) {
      const { status, body: answer } = await write(lou, absent);
      expect([status, answer.error?.message]).toEqual([404, "no such conversation"]);
      expect((await cluster.rest(lou, "GET", notesOf(absent))).status).toBe(404);
    }
  });
});

describe("the customer", () => {
  it("learns of a note by no path: routes, history, sync, unread, notifications, lists, rooms", async () => {
    const { ana, kim, id, anaSocket } = await ticket();
    const tec = await cluster.person("tec", "technician");
    await cluster.call(kim, "POST", `${base}/${id}/members`, { userId: tec.id });
    const tecSocket = await cluster.socket(tec, 1);
    const attempts = [
      ["join_conversation", { conversationId: `team:${id}` }],
      ["join_conversation", { conversationId: "agents" }],
      ["subscribe", { channel: "agents" }],
      ["subscribe", { channel: `team:${id}` }],
      ["subscribe", { channel: "role:agent" }],
      ["typing", { conversationId: id, isTyping: true, note: true }],
    ] as const;
    for (const socket of [anaSocket, tecSocket]) {
      for (const [command, payload] of attempts) await socket.refused(command, payload);
      await socket.ok("watch_presence", { userIds: ["agents", `team:${id}`, kim.id] });
      await socket.ok("join_conversation", { conversationId: id });
    }
    const seen = async (person: TestPerson) =>
      Promise.all(
        [
          `${base}/${id}`,
          base,
          `/api/messages?conversationId=${id}&after=0`,
          "/api/messages/unread",
          "/api/notifications",
          `/api/messages/search?q=${secret}`,
        ].map(async (path) => {
          const { status, body: answer } = await cluster.rest(person, "GET", path);
          return answer.success ? answer.data : status;
        }),
      );
    const before = [await seen(ana), await seen(tec)];
    expect((await write(kim, id)).status).toBe(201);

    for (const person of [ana, tec]) {
      expect((await cluster.rest(person, "GET", notesOf(id))).body.error?.code).toBe("FORBIDDEN");
      expect((await write(person, id)).body.error?.code).toBe("FORBIDDEN");
    }
    const stranger = await cluster.person("stranger");
    expect((await write(stranger, id)).status).toBe(404);
    expect([await seen(ana), await seen(tec)]).toEqual(before);
    for (const [socket, person] of [
      [anaSocket, ana],
      [tecSocket, tec],
    ] as const) {
      const synced = await socket.ok("sync", { cursors: { [id]: 0 } });
      expect(synced.conversations[0]).toMatchObject({ lastSeq: 2, complete: true });
      const fresh = await cluster.socket(person, 1);
      expect(await fresh.ok("join_conversation", { conversationId: id })).toMatchObject({ lastSeq: 2 });
      expect(JSON.stringify([synced, fresh.received])).not.toContain(secret);
    }
    // The barrier: what comes after this was published after the note.
    await cluster.send(anaSocket, id, "barrier");
    for (const socket of [anaSocket, tecSocket]) {
      await socket.waitFor("new_message", (message) => message.content === "barrier");
      expect(JSON.stringify(socket.received)).not.toContain(secret);
      expect(socket.all("note_added")).toEqual([]);
    }
    const notified = await cluster.sql("SELECT 1 FROM notifications WHERE conversation_id = $1 AND seq > 3", [
      id,
    ]);
    expect(notified).toEqual([]);
  });
});

describe("an agent whose role is taken away", () => {
  it("reads no note from that commit on, hears none within seconds, and is out of what only the role opened", async () => {
    const { kim, lou, id, anaSocket } = await ticket();
    const demoted = await cluster.socket(kim, 1);
    const other = await cluster.socket(lou, 1);
    await demoted.ok("join_conversation", { conversationId: id });
    await write(lou, id, body("before"));
    await demoted.waitFor("note_added", (note) => note.content === "before");
    await cluster.call({ token: serverKey }, "PUT", `/api/users/${kim.id}`, { name: "kim", role: "client" });
    expect((await cluster.rest(kim, "GET", notesOf(id))).status).toBe(404);
    expect((await write(kim, id)).status).toBe(404);
    await demoted.waitFor("conversation_removed", (removed) => removed.conversationId === id);
    await write(lou, id, body("behind your back"));
    await cluster.send(anaSocket, id, "without you");
    await other.waitFor("note_added", (note) => note.content === "behind your back");
    await other.waitFor("conversation_updated", (shared) => shared.lastMessage?.content === "without you");
    expect(JSON.stringify(demoted.received)).not.toMatch(/behind your back|without you/);
  });
});

describe("an agent's list", () => {
  it("is kept up to date without being in a conversation: created, written to, assigned, closed", async () => {
    const watcher = await cluster.socket(await cluster.person("watch", "agent"), 1);
    const { ana, kim, id, anaSocket } = await ticket();
    const heard = (fits: (conversation: { [K in keyof Conversation]?: unknown }) => boolean) =>
      watcher.waitFor("conversation_updated", (shared) => shared.id === id && fits(shared));
    await heard((shared) => shared.lastSeq === 0);
    await heard((shared) => shared.lastSeq === 1);
    await cluster.call(kim, "POST", `${base}/${id}/assign`, { assigneeId: kim.id, expected: null });
    await heard((shared) => shared.assigneeId === kim.id);
    await cluster.call(kim, "POST", `${base}/${id}/close`);
    await heard((shared) => shared.status === "closed");
    await cluster.send(anaSocket, id, "not yet");
    await heard((shared) => shared.status === "open" && shared.cycle === 2);
    // What the customer deleted for themselves, agents still see.
    await cluster.call(ana, "DELETE", `${base}/${id}`);
    await cluster.call(kim, "POST", `${base}/${id}/pending`);
    const pending = await heard((shared) => shared.status === "pending");
    expect(pending.lastMessage?.content).toBe("not yet");
    const client = await cluster.socket(await cluster.person("client"), 1);
    await cluster.call(kim, "POST", `${base}/${id}/close`);
    await watcher.waitFor(
      "conversation_updated",
      (shared) => shared.id === id && shared.status === "closed" && shared.cycle === 2,
    );
    expect(client.all("conversation_updated")).toEqual([]);
  });
});
