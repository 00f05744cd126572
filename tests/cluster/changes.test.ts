import { maxReactions } from "@parloir/contracts/emoji.ts";
import type { Message, MessageEdit } from "@parloir/contracts/shapes.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";
import { png, upload } from "./uploads.ts";

const cluster = await startCluster({ gateways: 2, apis: 2 });
afterAll(() => cluster.stop());

let ana: TestPerson;
let ben: TestPerson;
let eve: TestPerson;
let agent: TestPerson;
let anaSocket: TestSocket;
let benSocket: TestSocket;
beforeAll(async () => {
  ana = await cluster.person("ana");
  ben = await cluster.person("ben");
  eve = await cluster.person("eve");
  agent = await cluster.person("agent", "agent");
  anaSocket = await cluster.socket(ana, 0);
  benSocket = await cluster.socket(ben, 1);
});

/** A group of ana and ben in which ana has said something. */
async function said(content = "first words") {
  const { id } = await cluster.call<{ id: string }>(ana, "POST", "/api/messages/conversations", {
    kind: "group",
    memberIds: [ben.id],
  });
  await anaSocket.ok("join_conversation", { conversationId: id });
  await benSocket.ok("join_conversation", { conversationId: id });
  const { seq } = await cluster.send(anaSocket, id, content);
  return { conversationId: id, seq };
}

const pathOf = ({ conversationId, seq }: { conversationId: string; seq: number }) =>
  `/api/messages/${conversationId}/${seq}`;

async function history(person: TestPerson, conversationId: string): Promise<Message[]> {
  const path = `/api/messages?conversationId=${conversationId}`;
  return (await cluster.call<{ messages: Message[] }>(person, "GET", path)).messages;
}

describe("an edit", () => {
  it("is seen by sockets on every gateway, by history, in the list, and keeps what was said before", async () => {
    const at = await said();
    const edited = await anaSocket.ok("edit_message", { ...at, content: "second words" });
    expect(edited).toMatchObject({ ...at, content: "second words", deletedAt: null, change: 2 });
    expect(edited.editedAt).not.toBeNull();
    const { conversationId } = at;
    const fits = (message: Message) => message.conversationId === conversationId && message.change === 2;
    expect(await benSocket.waitFor("message_updated", fits)).toEqual(edited);
    expect(await anaSocket.waitFor("message_updated", fits)).toEqual(edited);
    expect(await history(ben, conversationId)).toEqual([edited]);
    const conversation = await cluster.call(ben, "GET", `/api/messages/conversations/${conversationId}`);
    expect(conversation).toMatchObject({ lastMessage: edited, lastChange: 2, lastSeq: 1, unreadCount: 1 });
    const again = await cluster.call<Message>(ana, "PATCH", pathOf(at), { content: "third words" });
    const { items } = await cluster.call<{ items: MessageEdit[] }>(ben, "GET", `${pathOf(at)}/edits`);
    expect(items).toEqual([
      { content: "first words", writtenAt: edited.createdAt },
      { content: "second words", writtenAt: edited.editedAt },
    ]);
    expect(again.content).toBe("third words");
  });

  it("with the same words changes nothing and is told to nobody", async () => {
    const at = await said();
    const first = await anaSocket.ok("edit_message", { ...at, content: "other" });
    expect(await anaSocket.ok("edit_message", { ...at, content: "other" })).toEqual(first);
    const after = await anaSocket.ok("edit_message", { ...at, content: "another" });
    expect(after.change).toBe(first.change + 1);
  });

  it.each([
    ["blank", " \u200b", "INVALID"],
    ["NUL", "a\u0000", "INVALID"],
    ["a lone surrogate", "\ud800", "INVALID"],
    ["4,001 characters", "x".repeat(4_001), "TOO_LARGE"],
  ])("to %s is refused by socket and REST", async (_, content, code) => {
    const at = await said();
    expect(await anaSocket.refused("edit_message", { ...at, content })).toMatchObject({ code });
    const answer = await cluster.rest(ana, "PATCH", pathOf(at), { content });
    expect(answer.body.error).toMatchObject({ code });
    expect((await history(ben, at.conversationId))[0]!.content).toBe("first words");
  });

  it("takes the words from a picture, which needs none, and from nothing else", async () => {
    const { conversationId, seq } = await said();
    expect(await anaSocket.refused("edit_message", { conversationId, seq, content: "" })).toMatchObject({
      code: "INVALID",
    });
    const { id } = await upload(cluster, ana, png(2, 2));
    const send = { conversationId, clientMessageId: "picture", content: "look", attachmentIds: [id] };
    const picture = { conversationId, seq: (await anaSocket.ok("send_message", send)).seq };
    const bare = await cluster.call<Message>(ana, "PATCH", pathOf(picture), { content: "" });
    expect([bare.content, bare.attachments.map((each) => each.id)]).toEqual(["", [id]]);
    expect((await anaSocket.ok("delete_message", picture)).attachments).toEqual([]);
  });

  it("still lets a late retry of the send have its receipt, and another text under its id be a conflict", async () => {
    const { conversationId } = await said();
    const send = { conversationId, clientMessageId: "once", content: "sent" };
    const receipt = await anaSocket.ok("send_message", send);
    await anaSocket.ok("edit_message", { conversationId, seq: receipt.seq, content: "edited" });
    expect(await anaSocket.ok("send_message", send)).toEqual({ ...receipt, duplicate: true });
    expect(await anaSocket.refused("send_message", { ...send, content: "edited" })).toMatchObject({
      code: "CONFLICT",
    });
  });

  it("by several devices at once is one order: history keeps each text once", async () => {
    const at = await said("text 0");
    const twin = await cluster.socket(ana, 1);
    const texts = Array.from({ length: 12 }, (_, n) => `text ${n + 1}`);
    const answers = await Promise.all(
      texts.map((content, n) => (n % 2 === 0 ? anaSocket : twin).ok("edit_message", { ...at, content })),
    );
    // Each took one number, also where a busy machine made a gateway ask a second api.
    const [present] = await history(ben, at.conversationId);
    expect(present!.change).toBe(13);
    expect(answers.every(({ change }) => change >= 2 && change <= 13)).toBe(true);
    const { items } = await cluster.call<{ items: MessageEdit[] }>(ben, "GET", `${pathOf(at)}/edits`);
    const last = present!.content;
    const kept = items.map(({ content }) => content);
    expect([...kept, last].toSorted()).toEqual(["text 0", ...texts].toSorted());
  });
});

describe("a deletion", () => {
  it("leaves a tombstone: no text, no history, no reactions, no mentions", async () => {
    const { conversationId } = await said();
    const payload = { conversationId, clientMessageId: "m", content: "secret", mentions: [ben.id] };
    const { seq } = await anaSocket.ok("send_message", payload);
    const at = { conversationId, seq };
    await anaSocket.ok("edit_message", { ...at, content: "secret two" });
    await benSocket.ok("react", { ...at, emoji: "👍", on: true });
    const gone = await cluster.call<Message>(ana, "DELETE", pathOf(at));
    expect(gone).toMatchObject({ ...at, content: "", attachments: [], reactions: [], mentions: [] });
    expect(gone.deletedAt).not.toBeNull();
    expect((await history(ben, conversationId))[1]).toEqual(gone);
    const isGone = (message: Message) => message.id === gone.id && message.deletedAt !== null;
    expect(await benSocket.waitFor("message_updated", isGone)).toEqual(gone);
    const left = await cluster.sql("SELECT content FROM message_edits WHERE conversation_id = $1", [
      conversationId,
    ]);
    expect(left).toEqual([]);
    // Once more changes nothing; what is gone can be neither edited nor reacted to.
    expect(await anaSocket.ok("delete_message", at)).toEqual(gone);
    const conflict = { code: "CONFLICT", retryable: false };
    expect(await anaSocket.refused("edit_message", { ...at, content: "x" })).toMatchObject(conflict);
    expect(await benSocket.refused("react", { ...at, emoji: "👍", on: true })).toMatchObject(conflict);
  });
});

describe("a reaction", () => {
  it("counts once per person and emoji, in the order of coming, and can be taken back", async () => {
    const at = await said();
    await benSocket.ok("react", { ...at, emoji: "🎉", on: true });
    await anaSocket.ok("react", { ...at, emoji: "❤️", on: true });
    const both = await anaSocket.ok("react", { ...at, emoji: "🎉", on: true });
    expect(both.reactions).toEqual([
      { emoji: "🎉", userIds: [ben.id, ana.id] },
      { emoji: "❤️", userIds: [ana.id] },
    ]);
    expect(await anaSocket.ok("react", { ...at, emoji: "🎉", on: true })).toEqual(both);
    const path = `${pathOf(at)}/reactions/${encodeURIComponent("🎉")}`;
    expect((await cluster.rest(ana, "PUT", path)).status).toBe(200);
    expect((await cluster.rest(ben, "DELETE", path)).status).toBe(200);
    const left = await cluster.rest(ben, "DELETE", path);
    expect(left.body.data).toMatchObject({
      reactions: [
        { emoji: "❤️", userIds: [ana.id] },
        { emoji: "🎉", userIds: [ana.id] },
      ],
      change: both.change + 1,
    });
    expect((await cluster.rest(ben, "PUT", path)).status).toBe(201);
  });

  it.each(["", "a", "1", "👍👍", "👍 ", "❤", "<b>", "👍\u0000", "\ud83d", "x".repeat(2_000)])(
    "of %j is INVALID",
    async (emoji) => {
      const at = await said();
      expect(await anaSocket.refused("react", { ...at, emoji, on: true })).toMatchObject({ code: "INVALID" });
      if (emoji === "" || !emoji.isWellFormed()) return;
      const answer = await cluster.rest(ana, "PUT", `${pathOf(at)}/reactions/${encodeURIComponent(emoji)}`);
      expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
    },
  );

  it("with more different emoji than a message carries is a conflict", async () => {
    const at = await said();
    const emoji = [..."😀😃😄😁😆😅😂🙂🙃😉😊😇😍😘😗😙😚😋😛😜😝"];
    expect(emoji.length).toBe(maxReactions + 1);
    for (const each of emoji.slice(0, -1)) await benSocket.ok("react", { ...at, emoji: each, on: true });
    const more = { ...at, emoji: emoji.at(-1), on: true };
    expect(await anaSocket.refused("react", more)).toMatchObject({ code: "CONFLICT" });
    expect((await anaSocket.ok("react", { ...more, emoji: emoji[0] })).reactions).toHaveLength(maxReactions);
  });
});

describe("a message is changed", () => {
  const ways = (at: { conversationId: string; seq: number }) =>
    [
      ["edit_message", { ...at, content: "mine" }],
      ["delete_message", at],
      ["react", { ...at, emoji: "👍", on: true }],
      ["react", { ...at, emoji: "👍", on: false }],
    ] as const;

  it("by nobody who may not see it, with the same words as an absent one", async () => {
    const at = await said();
    const eveSocket = await cluster.socket(eve);
    const absent = await eveSocket.refused("delete_message", {
      conversationId: "00000000-0000-7000-8000-000000000000",
      seq: 1,
    });
    for (const [command, payload] of [...ways(at), ...ways({ ...at, seq: 99 })])
      expect(await eveSocket.refused(command, payload)).toEqual(absent);
    expect(absent.code).toBe("NOT_FOUND");
    const answer = await cluster.rest(eve, "GET", `${pathOf(at)}/edits`);
    expect([answer.status, answer.body.error?.code]).toEqual([404, "NOT_FOUND"]);
  });

  it("in its words by its sender alone, also not by an agent; deleted in support by agents too", async () => {
    const at = await said();
    expect(await benSocket.refused("edit_message", { ...at, content: "x" })).toMatchObject({
      code: "NOT_FOUND",
    });
    expect(await benSocket.refused("delete_message", at)).toMatchObject({ code: "NOT_FOUND" });
    const agentSocket = await cluster.socket(agent, 1);
    expect(await agentSocket.refused("delete_message", at)).toMatchObject({ code: "NOT_FOUND" });
    const { id } = await cluster.call<{ id: string }>(ana, "POST", "/api/messages/conversations", {});
    await anaSocket.ok("join_conversation", { conversationId: id });
    const { seq } = await cluster.send(anaSocket, id, "rude words");
    const support = { conversationId: id, seq };
    expect(await agentSocket.refused("edit_message", { ...support, content: "x" })).toMatchObject({
      code: "NOT_FOUND",
    });
    expect((await agentSocket.ok("react", { ...support, emoji: "👀", on: true })).reactions).toHaveLength(1);
    expect((await agentSocket.ok("delete_message", support)).content).toBe("");
    const [row] = await cluster.sql("SELECT deleted_by FROM messages WHERE conversation_id = $1", [id]);
    expect(row).toEqual({ deleted_by: agent.id });
    await anaSocket.waitFor(
      "message_updated",
      (message) => message.conversationId === id && message.content === "",
    );
  });

  it("no more by who was removed, at once", async () => {
    const at = await said();
    const { seq } = await cluster.send(benSocket, at.conversationId, "ben's");
    await cluster.call(ana, "DELETE", `/api/messages/conversations/${at.conversationId}/members/${ben.id}`);
    for (const [command, payload] of ways({ ...at, seq }))
      expect(await benSocket.refused(command, payload)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("not across a block, but what is one's own can still be taken back", async () => {
    const one = await cluster.person("one");
    const two = await cluster.person("two");
    const { id } = await cluster.conversation(one, two);
    const socket = await cluster.socket(one);
    const { seq } = await cluster.send(socket, id, "hello");
    const at = { conversationId: id, seq };
    await socket.ok("react", { ...at, emoji: "👍", on: true });
    await cluster.call(two, "PUT", `/api/blocks/${one.id}`);
    for (const [command, payload] of [ways(at)[0], ["react", { ...at, emoji: "🎉", on: true }]] as const)
      expect(await socket.refused(command, payload)).toMatchObject({ code: "FORBIDDEN" });
    expect((await socket.ok("react", { ...at, emoji: "👍", on: false })).reactions).toEqual([]);
    expect((await socket.ok("delete_message", at)).content).toBe("");
  });
});

describe("who joined later", () => {
  it("hears of changes to what they may see, and not to what came before them", async () => {
    const { conversationId, seq } = await said("before cleo");
    const cleo = await cluster.person("cleo");
    const cleoSocket = await cluster.socket(cleo, 1);
    await cluster.call(ana, "POST", `/api/messages/conversations/${conversationId}/members`, {
      userId: cleo.id,
    });
    await cleoSocket.waitFor("conversation_added", (added) => added.conversationId === conversationId);
    const later = await cluster.send(anaSocket, conversationId, "with cleo");
    await anaSocket.ok("edit_message", { conversationId, seq, content: "before cleo, edited" });
    await anaSocket.ok("edit_message", { conversationId, seq: later.seq, content: "with cleo, edited" });
    await cleoSocket.waitFor("message_updated", (message) => message.seq === later.seq);
    await benSocket.waitFor("message_updated", (message) => message.content === "before cleo, edited");
    expect(JSON.stringify(cleoSocket.received)).not.toContain("before cleo");
    const cursors = { [conversationId]: { seq: later.seq, change: 0 } };
    const { conversations } = await cleoSocket.ok("sync", { cursors });
    expect(conversations[0]!.messages.map((message) => message.seq)).toEqual([later.seq]);
    expect(await cleoSocket.refused("react", { conversationId, seq, emoji: "👍", on: true })).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("nor who deleted it for themselves", async () => {
    const { conversationId, seq } = await said("gone for ben");
    await cluster.call(ben, "DELETE", `/api/messages/conversations/${conversationId}`);
    await benSocket.waitFor("conversation_removed", (removed) => removed.conversationId === conversationId);
    await anaSocket.ok("edit_message", { conversationId, seq, content: "gone, edited" });
    const last = await cluster.send(anaSocket, conversationId, "again");
    await benSocket.waitFor("new_message", (m) => m.conversationId === conversationId && m.seq === last.seq);
    expect(benSocket.all("message_updated").some(({ content }) => content === "gone, edited")).toBe(false);
  });
});

describe("mentions", () => {
  it("keep those who are members, each once, in push, history and repeat", async () => {
    const { conversationId } = await said();
    const mentions = [eve.id, ben.id, ben.id, "nobody"];
    const payload = { conversationId, clientMessageId: "mention", content: "you there", mentions };
    const { seq } = await anaSocket.ok("send_message", payload);
    const push = await benSocket.waitFor(
      "new_message",
      (m) => m.conversationId === conversationId && m.seq === seq,
    );
    expect(push.mentions).toEqual([ben.id]);
    expect((await history(ben, conversationId)).at(-1)).toEqual(push);
    const again = await cluster.call(ana, "POST", "/api/messages", payload);
    expect(again).toEqual({ ...push, duplicate: true });
  });
});

describe("a device that was away", () => {
  it("learns of edits, deletions and reactions by its cursor, page by page, and of new messages as they stand", async () => {
    const { conversationId } = await said("message 1");
    for (let n = 2; n <= 12; n++) await cluster.send(anaSocket, conversationId, `message ${n}`);
    const before = await history(ben, conversationId);
    const change = 12;
    await anaSocket.ok("delete_message", { conversationId, seq: 9 });
    await anaSocket.ok("edit_message", { conversationId, seq: 2, content: "message 2, edited" });
    await benSocket.ok("react", { conversationId, seq: 1, emoji: "👍", on: true });
    for (let n = 13; n <= 15; n++) await cluster.send(anaSocket, conversationId, `message ${n}`);
    await anaSocket.ok("edit_message", { conversationId, seq: 2, content: "message 2, edited again" });
    await anaSocket.ok("edit_message", { conversationId, seq: 14, content: "message 14, edited" });
    const known = new Map(before.map((message) => [message.seq, message]));
    // By REST, in the smallest pages.
    const cursor = { seq: 12, change };
    const seen: number[][] = [];
    for (let hasMore = true; hasMore; ) {
      const path = `/api/messages?conversationId=${conversationId}&after=${cursor.seq}&change=${cursor.change}&limit=2`;
      const page = await cluster.call<{ messages: Message[]; lastChange: number; hasMore: boolean }>(
        ben,
        "GET",
        path,
      );
      for (const message of page.messages) known.set(message.seq, message);
      seen.push(page.messages.map(({ seq }) => seq));
      cursor.seq = Math.max(...known.keys());
      cursor.change = page.lastChange;
      hasMore = page.hasMore;
    }
    expect(seen).toEqual([
      [9, 1],
      [2, 13],
      [14, 15],
    ]);
    const now = await history(ben, conversationId);
    expect([...known.values()]).toEqual(now);
    // By sync, at once, from a gateway that has it in its ring and from the database.
    const device = await cluster.socket(ben, 0);
    for (const socket of [device, benSocket]) {
      const cursors = { [conversationId]: { seq: 12, change } };
      const { conversations } = await socket.ok("sync", { cursors });
      const item = conversations[0]!;
      expect(item).toMatchObject({ lastSeq: 15, lastChange: 20, complete: true });
      expect(item.messages.map(({ seq }) => seq)).toEqual([9, 1, 2, 13, 14, 15]);
      expect(item.messages).toEqual([9, 1, 2, 13, 14, 15].map((seq) => now[seq - 1]));
    }
    const head = { [conversationId]: { seq: 15, change: 20 } };
    expect((await benSocket.ok("sync", { cursors: head })).conversations[0]).toMatchObject({
      messages: [],
      complete: true,
    });
    const beyond = { [conversationId]: { seq: 15, change: 21 } };
    expect((await benSocket.ok("sync", { cursors: beyond })).conversations[0]).toMatchObject({ reset: true });
    const ready = await device.ready();
    expect(ready.conversations.find(({ id }) => id === conversationId)).toMatchObject({ lastChange: 20 });
  });
});

describe("counts", () => {
  it("do not move with a change: activity, unread and the read mark stay", async () => {
    const at = await said();
    const conversation = () =>
      cluster.call<Record<string, unknown>>(ben, "GET", `/api/messages/conversations/${at.conversationId}`);
    const before = await conversation();
    await anaSocket.ok("edit_message", { ...at, content: "edited" });
    await anaSocket.ok("delete_message", at);
    const after = await conversation();
    for (const field of ["updatedAt", "lastSeq", "lastReadSeq", "unreadCount"])
      expect([field, after[field]]).toEqual([field, before[field]]);
  });
});
