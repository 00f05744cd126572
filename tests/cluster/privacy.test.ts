import { randomUUID } from "node:crypto";
import type { HistoryPage } from "@parloir/contracts/http.ts";
import type { Erasure } from "@parloir/contracts/privacy.ts";
import type { Conversation, Message, Person } from "@parloir/contracts/shapes.ts";
import {
  eraseMessages,
  findRunning,
  leaveForGood,
  nextConversation,
  replaceMember,
} from "@parloir/store/erasure.ts";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";
import { upload } from "./uploads.ts";

const cluster = await startCluster({ gateways: 2, apis: 2, workers: 2 });
afterAll(() => cluster.stop());

const key = { token: serverKey };
const base = "/api/messages/conversations";
const userPath = (person: { id: string }, rest = "") => `/api/users/${person.id}${rest}`;
const history = async (reader: TestPerson, id: string) =>
  (await cluster.call<HistoryPage>(reader, "GET", `/api/messages?conversationId=${id}&after=0&limit=200`))
    .messages;

async function erase(person: { id: string }, query = ""): Promise<Erasure> {
  const answer = await cluster.rest(key, "DELETE", userPath(person, query));
  expect(answer.status).toBe(202);
  return eventually(
    "the erasure",
    () => cluster.call<Erasure>(key, "GET", userPath(person, "/erasure")),
    (erasure) => erasure.status === "done",
  );
}

/** A customer with a direct conversation, a group and support; an agent has noted something. */
async function customer() {
  const [zoe, ben, kim] = await Promise.all([
    cluster.person("zoe"),
    cluster.person("ben"),
    cluster.person("kim", "agent"),
  ]);
  await cluster.call(key, "PUT", userPath(zoe), {
    name: "Zoe Quist",
    email: "zoe@quist.example",
    locale: "fr",
  });
  const direct = await cluster.conversation(zoe, ben);
  const group = await cluster.conversation(ben, zoe, await cluster.person("cal"));
  const support = await cluster.call<Conversation>(zoe, "POST", base, { kind: "support" });
  const zoeSocket = await cluster.socket(zoe, 0);
  const benSocket = await cluster.socket(ben, 1);
  for (const { id } of [direct, group, support]) await cluster.send(zoeSocket, id, "zoe-secret");
  for (const { id } of [direct, group])
    await benSocket.ok("send_message", {
      conversationId: id,
      clientMessageId: randomUUID(),
      content: "from ben",
      mentions: [zoe.id],
    });
  await benSocket.ok("react", { conversationId: direct.id, seq: 1, emoji: "👍", on: true });
  await zoeSocket.ok("react", { conversationId: direct.id, seq: 2, emoji: "❤️", on: true });
  await zoeSocket.ok("edit_message", { conversationId: group.id, seq: 1, content: "zoe-secret again" });
  const note = { clientNoteId: randomUUID(), content: "difficult" };
  await cluster.call(kim, "POST", `${base}/${support.id}/notes`, note);
  return { zoe, ben, kim, direct, group, support, zoeSocket, benSocket };
}

/** Every table of the database in which this is a value, or part of a text: also one that is made after this test. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await cluster.sql<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await cluster.sql<{ text: string }>(`SELECT to_jsonb(t)::text AS text FROM "${name}" t`);
    const isId = /\.\d+$/.test(text);
    if (rows.some((row) => row.text.includes(isId ? `"${text}"` : text))) found.push(name);
  }
  return found;
}

describe("erasing a person", () => {
  it("leaves tombstones under one alias, with dense seqs and changes that late devices learn of", async () => {
    const { zoe, ben, direct, group, benSocket } = await customer();
    const before = await cluster.call<Conversation>(ben, "GET", `${base}/${direct.id}`);
    expect(await erase(zoe)).toMatchObject({ messages: "remove", conversations: { total: 3, done: 3 } });
    await benSocket.waitFor(
      "message_updated",
      (message) => message.conversationId === direct.id && message.seq === 1,
    );
    // A device that was away and had everything up to then.
    const { conversations } = await benSocket.ok("sync", { cursors: { [direct.id]: { seq: 2, change: 2 } } });
    expect(conversations[0]!.messages.map((message) => [message.seq, message.content])).toEqual([
      [1, ""],
      [2, "from ben"],
    ]);
    const aliases = new Set<string>();
    for (const { id } of [direct, group]) {
      const messages = await history(ben, id);
      expect(messages.map((message) => message.seq)).toEqual([1, 2]);
      expect(messages[0]).toMatchObject({ content: "", senderId: expect.stringMatching(/^erased:/) });
      expect(messages[0]!.deletedAt).not.toBeNull();
      expect(messages[1]).toMatchObject({
        content: "from ben",
        deletedAt: null,
        mentions: [messages[0]!.senderId],
      });
      aliases.add(messages[0]!.senderId);
    }
    expect(aliases.size).toBe(1);
    const after = await cluster.call<Conversation>(ben, "GET", `${base}/${direct.id}`);
    expect([after.lastSeq, after.lastChange]).toEqual([before.lastSeq, before.lastChange + 2]);
    const changes = (await history(ben, direct.id)).map((message) => message.change).sort();
    expect(changes).toEqual([after.lastChange - 1, after.lastChange]);
    expect(after.participants.map((each) => each.userId).sort()).toEqual([...aliases, ben.id].sort());
    // What other jobs were just writing is written again.
    await eventually(
      "tables that know the person",
      () => tablesWith(zoe.id),
      (tables) => tables.join() === "audit,erasures,users",
    );
    for (const trace of ["zoe-secret", "zoe@quist.example", "Zoe Quist"])
      expect(await tablesWith(trace)).toEqual([]);
    // Nobody writes to nobody.
    const send = { conversationId: direct.id, clientMessageId: randomUUID(), content: "hello?" };
    expect(await benSocket.refused("send_message", send)).toMatchObject({ code: "FORBIDDEN" });
  });

  it("ends tokens and sockets, closes their support conversation and deletes the notes about them", async () => {
    const { zoe, kim, support, zoeSocket } = await customer();
    const [file, unsent] = [
      await upload(cluster, zoe, "my address", "address.txt", "text/plain"),
      await upload(cluster, zoe, "not yet", "unsent.txt", "text/plain"),
    ];
    const send = {
      conversationId: support.id,
      clientMessageId: randomUUID(),
      content: "",
      attachmentIds: [file.id],
    };
    await zoeSocket.ok("send_message", send);
    await erase(zoe);
    await zoeSocket.disconnected();
    expect((await cluster.rest(kim, "GET", file.url)).status).toBe(404);
    const files = "SELECT 1 FROM attachments WHERE id = ANY ($1) AND removed_at IS NULL";
    expect(await cluster.sql(files, [[file.id, unsent.id]])).toEqual([]);
    // An api that has just seen them remembers it for a moment.
    await eventually(
      "the refusal",
      async () => (await cluster.rest(zoe, "GET", "/api/me")).status,
      (status) => status === 403,
    );
    const socket = cluster.connect(zoe.token);
    expect(await socket.refusal()).toMatchObject({ retryable: false });
    const seen = await cluster.call<Conversation>(kim, "GET", `${base}/${support.id}`);
    expect(seen).toMatchObject({ status: "closed", lastMessage: { content: "", attachments: [] } });
    expect(JSON.stringify(seen)).not.toContain("Quist");
    expect(await cluster.call(kim, "GET", `${base}/${support.id}/notes`)).toMatchObject({ items: [] });
    expect(
      await cluster.sql("SELECT 1 FROM cycles WHERE conversation_id = $1 AND closed_at IS NULL", [
        support.id,
      ]),
    ).toEqual([]);
  });

  it("keeps the id for ever: nobody is made of it, gets a token for it, or adds it anywhere", async () => {
    const { zoe, ben, group } = await customer();
    await erase(zoe);
    expect((await cluster.rest(key, "PUT", userPath(zoe), { name: "Zoe again" })).body.error?.code).toBe(
      "CONFLICT",
    );
    expect((await cluster.rest(key, "GET", userPath(zoe))).status).toBe(404);
    expect((await cluster.rest(key, "POST", "/api/tokens", { userId: zoe.id })).status).toBe(404);
    expect((await cluster.rest(key, "GET", userPath(zoe, "/export"))).status).toBe(404);
    const add = await cluster.rest(ben, "POST", `${base}/${group.id}/members`, { userId: zoe.id });
    const create = await cluster.rest(ben, "POST", base, { recipientId: zoe.id });
    for (const answer of [add, create])
      expect([answer.status, answer.body.error?.message]).toEqual([404, "no such person"]);
    expect(await cluster.sql("SELECT name, email, locale, role FROM users WHERE id = $1", [zoe.id])).toEqual([
      { name: "Erased person", email: null, locale: null, role: "client" },
    ]);
  });

  it("leaves what was written where the policy says so, under the alias", async () => {
    const { zoe, ben, direct } = await customer();
    expect(await erase(zoe, "?messages=keep")).toMatchObject({ messages: "keep" });
    const [message] = await history(ben, direct.id);
    expect(message).toMatchObject({
      content: "zoe-secret",
      deletedAt: null,
      senderId: expect.stringMatching(/^erased:/),
    });
  });

  it("of an agent leaves the tickets unassigned and the other side's messages as they are", async () => {
    const { kim, zoe, support, zoeSocket } = await customer();
    await cluster.call(kim, "POST", `${base}/${support.id}/assign`, { assigneeId: kim.id, expected: null });
    await cluster.send(await cluster.socket(kim, 1), support.id, "kim-answers");
    await erase(kim);
    const seen = await cluster.call<Conversation>(zoe, "GET", `${base}/${support.id}`);
    expect(seen).toMatchObject({ assigneeId: null, status: "open" });
    expect(seen.participants.map((each) => each.userId)).toEqual([zoe.id]);
    const [said, line, answer] = await history(zoe, support.id);
    expect([said!.content, answer!.content]).toEqual(["zoe-secret", ""]);
    const nobody = { userId: expect.stringMatching(/^erased:/), name: "Erased person" };
    expect(line!.system).toEqual({ event: "assigned", actor: nobody, person: nobody });
    await cluster.send(zoeSocket, support.id, "still there?");
  });

  it("of an agent leaves no id of theirs where they closed and were no member, and empties their channel", async () => {
    const { kim, support } = await customer();
    await cluster.call(kim, "POST", `${base}/${support.id}/close`);
    const own = `/api/channels/${encodeURIComponent(`user:${kim.id}`)}/events`;
    await cluster.call(key, "POST", own, { event: "payslip", payload: { amount: "kim-earns" } });
    expect(await tablesWith("kim-earns")).toEqual(["channel_events"]);
    await erase(kim);
    const closed = await cluster.sql("SELECT closed_by FROM cycles WHERE conversation_id = $1", [support.id]);
    expect(closed).toEqual([{ closed_by: expect.stringMatching(/^erased:/) }]);
    expect(await tablesWith("kim-earns")).toEqual([]);
    await eventually(
      "tables that know the agent",
      () => tablesWith(kim.id),
      (tables) => tables.join() === "audit,erasures,users",
    );
  });

  it("is one erasure however often it is asked for, of large conversations too, and others go on writing", async () => {
    const [zoe, ben] = [await cluster.person("zoe"), await cluster.person("ben")];
    const { id } = await cluster.conversation(zoe, ben);
    const [zoeSocket, benSocket] = [await cluster.socket(zoe, 0), await cluster.socket(ben, 1)];
    const texts = Array.from({ length: 600 }, (_, n) => `zoe ${n}`);
    for (let from = 0; from < texts.length; from += 100)
      await Promise.all(texts.slice(from, from + 100).map((text) => cluster.send(zoeSocket, id, text)));
    const asked = await Promise.all(
      Array.from({ length: 6 }, () => cluster.rest(key, "DELETE", userPath(zoe))),
    );
    for (const { status, body } of asked)
      expect([status, (body.data as Erasure | undefined)?.userId ?? body.error]).toEqual([202, zoe.id]);
    const group = await cluster.conversation(ben, await cluster.person("cal"));
    await cluster.send(benSocket, group.id, "meanwhile");
    await erase(zoe);
    const counts = await cluster.sql(
      `SELECT count(*)::int AS messages, count(DISTINCT change)::int AS changes, max(change)::int AS last,
        count(*) FILTER (WHERE content <> '')::int AS texts FROM messages WHERE conversation_id = $1`,
      [id],
    );
    expect(counts).toEqual([{ messages: 600, changes: 600, last: 1_200, texts: 0 }]);
    expect(
      await cluster.sql("SELECT 1 FROM audit WHERE action = 'user.erased' AND target = $1", [zoe.id]),
    ).toHaveLength(1);
  });

  it("goes on where a killed worker stopped, and doubles nothing", async () => {
    const late = await startCluster({ workers: 0 });
    try {
      const [zoe, ben] = [await late.person("zoe"), await late.person("ben")];
      const ids: string[] = [];
      for (const subject of ["1", "2"]) {
        const about = { recipientId: ben.id, subject: { type: "order", id: subject, title: subject } };
        ids.push((await late.call<Conversation>(zoe, "POST", base, about)).id);
      }
      const socket = await late.socket(zoe);
      for (const id of ids) await late.send(socket, id, "zoe-secret");
      await late.call(key, "DELETE", userPath(zoe));
      const database = late.apis[0]!.database;
      const person = (await findRunning(database, zoe.id))!;
      // One conversation was done; of the other its messages, and then the worker was killed.
      const first = (await nextConversation(database, zoe.id))!;
      await eraseMessages(database, first, await leaveForGood(database, first, zoe.id), person);
      await replaceMember(database, first, person);
      const second = (await nextConversation(database, zoe.id))!;
      await eraseMessages(database, second, await leaveForGood(database, second, zoe.id), person);
      expect(await late.call(key, "GET", userPath(zoe, "/erasure"))).toMatchObject({
        status: "running",
        conversations: { total: 2, done: 1 },
      });
      await Promise.all([late.addWorker(), late.addWorker()]);
      await eventually(
        "the erasure",
        () => late.call<Erasure>(key, "GET", userPath(zoe, "/erasure")),
        (erasure) => erasure.status === "done" && erasure.conversations.done === 2,
      );
      const rows = await late.sql("SELECT content, change::int FROM messages");
      expect(rows).toEqual([
        { content: "", change: 2 },
        { content: "", change: 2 },
      ]);
    } finally {
      await late.stop();
    }
  });

  it("is for administrators and keys: FORBIDDEN for others, NOT_FOUND for nobody, INVALID for oneself", async () => {
    const [zoe, agent, boss] = await Promise.all([
      cluster.person("zoe"),
      cluster.person("agent", "agent"),
      cluster.person("boss", "admin"),
    ]);
    for (const by of [zoe, agent]) {
      expect((await cluster.rest(by, "DELETE", userPath(zoe))).status).toBe(403);
      expect((await cluster.rest(by, "GET", userPath(zoe, "/erasure"))).status).toBe(403);
    }
    expect((await cluster.rest(boss, "DELETE", userPath({ id: "nobody" }))).status).toBe(404);
    expect((await cluster.rest(boss, "GET", userPath(zoe, "/erasure"))).status).toBe(404);
    expect((await cluster.rest(boss, "DELETE", userPath(boss))).body.error?.code).toBe("INVALID");
    expect((await cluster.rest(boss, "DELETE", userPath(zoe, "?messages=some"))).body.error?.code).toBe(
      "INVALID",
    );
    expect((await cluster.rest(boss, "DELETE", userPath(zoe))).status).toBe(202);
  });
});

interface Export {
  person: Person;
  messages: Message[];
  conversations: { id: string; participants: { userId: string }[] }[];
  notesAbout?: { content: string }[];
  audit: { action: string }[];
  [part: string]: unknown;
}

describe("the export", () => {
  const fetchExport = (by: { token: string }, whom: { id: string }) =>
    cluster.call<Export>(by, "GET", userPath(whom, "/export"));

  it("holds what is stored about the person, and nothing that others wrote", async () => {
    const { zoe, ben, direct, group, support } = await customer();
    await cluster.call(zoe, "PUT", `/api/blocks/${(await cluster.person("pest")).id}`);
    const exported = await fetchExport(zoe, zoe);
    expect(exported.person).toMatchObject({ name: "Zoe Quist", email: "zoe@quist.example" });
    expect(exported.messages.map((message) => message.content).sort()).toEqual([
      "zoe-secret",
      "zoe-secret",
      "zoe-secret again",
    ]);
    expect(exported.reactions).toMatchObject([{ conversationId: direct.id, seq: 2, emoji: "❤️" }]);
    expect(exported.edits).toMatchObject([{ conversationId: group.id, seq: 1, content: "zoe-secret" }]);
    expect(exported.conversations.map((each) => each.id).sort()).toEqual(
      [direct.id, group.id, support.id].sort(),
    );
    expect(exported.blocks).toHaveLength(1);
    expect(JSON.stringify(exported)).not.toMatch(/from ben|difficult/);
    expect((await fetchExport(ben, ben)).messages.map((message) => message.content)).toEqual([
      "from ben",
      "from ben",
    ]);
  });

  it("of an operator also holds what agents noted about the person", async () => {
    const { zoe, kim } = await customer();
    const boss = await cluster.person("boss", "admin");
    for (const by of [key, boss])
      expect((await fetchExport(by, zoe)).notesAbout).toMatchObject([{ content: "difficult" }]);
    expect((await fetchExport(kim, kim)).notes).toMatchObject([{ content: "difficult" }]);
  });

  it("is complete beyond a page", async () => {
    const [zoe, ben] = [await cluster.person("zoe"), await cluster.person("ben")];
    const { id } = await cluster.conversation(zoe, ben);
    await cluster.sql(
      `WITH v AS (UPDATE conversations SET last_seq = 12000, last_change = 12000 WHERE id = $1)
       INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, content, change, created_at)
       SELECT $1, n, gen_random_uuid(), CASE WHEN n % 2 = 0 THEN $2 ELSE $3 END, n::text, 1, 'text ' || n, n, now()
       FROM generate_series(1, 12000) n`,
      [id, zoe.id, ben.id],
    );
    const { messages } = await fetchExport(zoe, zoe);
    expect(messages.map((message) => message.seq)).toEqual(
      Array.from({ length: 6_000 }, (_, n) => 2 * n + 2),
    );
  });

  it("is one's own: FORBIDDEN for another's, whether there is such a person or not", async () => {
    const { zoe, kim } = await customer();
    for (const by of [kim, await cluster.person("other")])
      for (const whom of [zoe, { id: "nobody" }])
        expect((await cluster.rest(by, "GET", userPath(whom, "/export"))).status).toBe(403);
    expect((await cluster.rest(key, "GET", userPath({ id: "nobody" }, "/export"))).status).toBe(404);
  });
});
