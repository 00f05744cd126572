import { randomUUID } from "node:crypto";
import type { AttachmentLink, HistoryPage, Page } from "@parloir/contracts/http.ts";
import type { Attachment, Conversation, Message } from "@parloir/contracts/shapes.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rawRequest } from "../abuse/raw.ts";
import { startCluster, type TestPerson } from "./cluster.ts";
import { chunk, filesIn, png, upload, wav } from "./uploads.ts";

const cluster = await startCluster({ apis: 2, workers: 1 });
const [api] = cluster.apis;
afterAll(() => cluster.stop());

let ana: TestPerson;
let ben: TestPerson;
let eve: TestPerson;
let id: string;
beforeAll(async () => {
  [ana, ben, eve] = [await cluster.person("ana"), await cluster.person("ben"), await cluster.person("eve")];
  id = (await cluster.conversation(ana, ben)).id;
});

const send = (attachmentIds: string[], content = "") => ({
  conversationId: id,
  clientMessageId: randomUUID(),
  content,
  attachmentIds,
});

async function sent(person: TestPerson, ...files: Attachment[]): Promise<Message> {
  const ids = files.map((file) => file.id);
  return cluster.call<Message>(person, "POST", "/api/messages", send(ids));
}

function open(person: TestPerson, url: string, headers: Record<string, string> = {}) {
  return fetch(new URL(url, api!.url), {
    headers: { authorization: `Bearer ${person.token}`, ...headers },
  });
}

async function statusOf(person: TestPerson, file: Attachment): Promise<number> {
  return (await open(person, file.url)).status;
}

describe("an upload", () => {
  it("says what its bytes are, whatever the client called them", async () => {
    const text = "a,b\n1,2\n";
    expect(await upload(cluster, ana, text, "list.csv", "image/png")).toEqual({
      id: expect.any(String),
      name: "list.csv",
      mediaType: "text/plain",
      size: text.length,
      url: expect.stringMatching(/^\/api\/attachments\/[0-9a-f-]{36}$/),
    });
    const picture = png(1_200, 800);
    expect(await upload(cluster, ana, picture, "holiday.txt", "text/plain")).toMatchObject({
      name: "holiday.txt.png",
      mediaType: "image/png",
      size: picture.length,
      width: 1_200,
      height: 800,
      thumbnailUrl: expect.stringMatching(/^\/api\/attachments\/[0-9a-f-]{36}\/thumbnail$/),
    });
    const small = await upload(cluster, ana, png(20, 10), "dot.png");
    expect(small).toMatchObject({ width: 20, height: 10 });
    expect(small).not.toHaveProperty("thumbnailUrl");
    expect(await upload(cluster, ana, wav(3), "memo.wav")).toMatchObject({
      mediaType: "audio/wav",
      durationMs: 3_000,
    });
  });

  it("of a photo comes back without where it was taken, and counts for what is left", async () => {
    const picture = png(40, 30);
    const place = chunk("tEXt", Buffer.from("Location\0Rue Lepic"));
    // Behind the signature and the header.
    const photo = Buffer.concat([picture.subarray(0, 33), place, picture.subarray(33), place]);
    const file = await upload(cluster, ana, photo, "photo.png");
    expect(file.size).toBe(picture.length);
    const answer = await open(ana, file.url);
    expect(Buffer.from(await answer.arrayBuffer()).equals(picture)).toBe(true);
  });

  it("is its owner's alone until it is sent", async () => {
    const file = await upload(cluster, ana, "hello");
    expect(await statusOf(ana, file)).toBe(200);
    expect(await statusOf(ben, file)).toBe(404);
    const { status, body } = await cluster.rest(ben, "POST", "/api/messages", send([file.id]));
    expect([status, body.error?.code]).toEqual([400, "INVALID"]);
  });

  it("that is never sent is collected, its file with it, and not before its time", async () => {
    const [kept, old] = [
      await upload(cluster, ana, png(800, 800)),
      await upload(cluster, ana, png(800, 801)),
    ];
    await cluster.sql("UPDATE attachments SET created_at = now() - interval '25 hours' WHERE id = $1", [
      old.id,
    ]);
    await Promise.all(cluster.apis.map((each) => each.api.collector.collect()));
    const left = await filesIn(cluster.attachmentDir);
    expect(left).toEqual(expect.arrayContaining([kept.id, `${kept.id}.thumbnail`]));
    expect(left.filter((name) => name.startsWith(old.id))).toEqual([]);
    expect(await cluster.sql("SELECT FROM attachments WHERE id = $1", [old.id])).toEqual([]);
    expect([await statusOf(ana, kept), await statusOf(ana, old)]).toEqual([200, 404]);
  });
});

describe("a message with attachments", () => {
  it("needs no words, and shows them alike in push, ack by REST, history, sync, list and a repeat", async () => {
    const files = [
      await upload(cluster, ana, png(900, 900), "b.png"),
      await upload(cluster, ana, "a", "a.txt"),
    ];
    const reader = await cluster.socket(ben);
    const payload = send(files.map((file) => file.id));
    const stored = await cluster.call<Message>(ana, "POST", "/api/messages", payload);
    expect(stored.attachments).toEqual(files);
    const pushed = await reader.waitFor("new_message", (message) => message.id === stored.id);
    expect(pushed.attachments).toEqual(files);
    const query = `conversationId=${id}&after=${stored.seq - 1}&limit=1`;
    const page = await cluster.call<HistoryPage>(ben, "GET", `/api/messages?${query}`);
    expect(page.messages).toEqual([pushed]);
    const synced = await reader.ok("sync", { cursors: { [id]: stored.seq - 1 } });
    expect(synced.conversations[0]?.messages).toEqual([pushed]);
    const { items } = await cluster.call<Page<Conversation>>(ben, "GET", "/api/messages/conversations");
    expect(items.find((item) => item.id === id)?.lastMessage).toEqual(pushed);
    const repeat = await cluster.rest(ana, "POST", "/api/messages", payload);
    expect([repeat.status, repeat.body.data]).toEqual([200, { ...pushed, duplicate: true }]);
    const other = { ...payload, attachmentIds: [files[0]!.id] };
    expect((await cluster.rest(ana, "POST", "/api/messages", other)).body.error?.code).toBe("CONFLICT");
    reader.close();
  });

  it("by socket, in the order in which they are named, and the notification names the first", async () => {
    const files = await Promise.all(["1", "2", "3"].map((text) => upload(cluster, ben, text, `${text}.txt`)));
    const [writer, reader] = [await cluster.socket(ben), await cluster.socket(ana)];
    const ids = files.map((file) => file.id).reverse();
    const { seq } = await writer.ok("send_message", send(ids));
    const pushed = await reader.waitFor("new_message", (message) => message.seq === seq);
    expect(pushed.attachments.map((file) => file.id)).toEqual(ids);
    const told = await reader.waitFor("notification", (each) => each.seq === seq);
    expect(told.message).toBe("3.txt");
    writer.close();
    reader.close();
  });

  it("takes each file once, however many ask at the same moment on however many apis", async () => {
    for (let round = 0; round < 5; round++) {
      const file = await upload(cluster, ana, `round ${round}`);
      const { id: elsewhere } = await cluster.conversation(ana, ben, eve);
      const both = [id, elsewhere, id, elsewhere].map((conversationId) =>
        cluster.rest(ana, "POST", "/api/messages", { ...send([file.id]), conversationId }),
      );
      const answers = await Promise.all(both);
      expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 400, 400, 400]);
    }
  });

  it.each([
    ["that nobody uploaded", async () => [randomUUID()]],
    ["of somebody else", async () => [(await upload(cluster, ben, "x")).id]],
    [
      "that was sent before",
      async () => (await sent(ana, await upload(cluster, ana, "x"))).attachments.map((f) => f.id),
    ],
    ["twice", async () => Array<string>(2).fill((await upload(cluster, ana, "x")).id)],
    ["eleven of them", async () => Array.from({ length: 11 }, () => randomUUID())],
  ])("and one %s is refused, and nothing is written", async (_, idsOf) => {
    const good = await upload(cluster, ana, "good");
    const before = await cluster.sql("SELECT FROM messages");
    const payload = send([good.id, ...(await idsOf())]);
    const known = before.length + (await cluster.sql("SELECT FROM messages")).length;
    const { status, body } = await cluster.rest(ana, "POST", "/api/messages", payload);
    expect([status, body.error?.code]).toEqual([400, "INVALID"]);
    expect(before.length + (await cluster.sql("SELECT FROM messages")).length).toBe(known);
    // It is still free to be sent.
    expect((await sent(ana, good)).attachments).toEqual([good]);
  });

  it("of text alone is not held up by one whose attachment is refused", async () => {
    const writer = await cluster.socket(ana);
    const plain = { ...send([], "plain"), attachmentIds: undefined };
    const acks = await Promise.all([
      writer.emit("send_message", plain),
      writer.emit("send_message", send([randomUUID()], "with")),
      writer.emit("send_message", { ...plain, clientMessageId: randomUUID() }),
    ]);
    expect(acks.map((ack) => ack.ok)).toEqual([true, false, true]);
    writer.close();
  });
});

describe("a file", () => {
  it("comes by a signed link, as a download that can do nothing", async () => {
    const picture = png(600, 400);
    const [file] = (await sent(ana, await upload(cluster, ana, picture, "Été <1>.png"))).attachments;
    const answer = await open(ben, file!.url);
    expect(answer.redirected && new URL(answer.url).pathname).toBe(`/files/${file!.id}`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(picture)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": String(picture.length),
      "content-disposition": expect.stringMatching(/^attachment; filename=.*filename\*=UTF-8''%C3%89t%C3%A9/),
      "content-security-policy": expect.stringMatching(/default-src 'none'.*sandbox/),
      "x-content-type-options": "nosniff",
      "accept-ranges": "bytes",
    });
    const thumbnail = await open(ben, file!.thumbnailUrl!);
    expect(thumbnail.headers.get("content-type")).toBe("image/webp");
    expect((await thumbnail.bytes()).length).toBeGreaterThan(50);
  });

  it("needs no token with its link, and a link is of no use changed", async () => {
    const [file] = (await sent(ana, await upload(cluster, ana, png(700, 700)))).attachments;
    const link = await cluster.call<AttachmentLink>(ben, "GET", `${file!.url}/link`);
    expect(Date.parse(link.expiresAt)).toBeGreaterThan(Date.now());
    expect((await fetch(new URL(link.url, api!.url))).status).toBe(200);
    expect((await fetch(new URL(link.thumbnailUrl!, api!.url))).status).toBe(200);
    const other = await upload(cluster, ana, "other");
    for (const bad of [
      link.url.replace(file!.id, other.id),
      link.url.replace(file!.id, `${file!.id}/thumbnail`),
      link.url.replace(/expires=\d+/, "expires=9999999999"),
      link.url.replace(/signature=.*/, "signature="),
      link.url.replace(/\?.*/, ""),
      `${link.url}&expires=1`,
    ]) {
      expect((await fetch(new URL(bad, api!.url))).status).toBe(403);
    }
  });

  it("comes in parts: a player asks for ranges", async () => {
    const sound = wav(2);
    const [file] = (await sent(ana, await upload(cluster, ana, sound, "memo.wav"))).attachments;
    const size = sound.length;
    for (const [range, from, to] of [
      ["bytes=0-0", 0, 0],
      ["bytes=100-199", 100, 199],
      ["bytes=16000-", 16_000, size - 1],
      ["bytes=-10", size - 10, size - 1],
      ["bytes=0-999999", 0, size - 1],
    ] as const) {
      const answer = await open(ben, file!.url, { range });
      expect(answer.status).toBe(206);
      expect(answer.headers.get("content-range")).toBe(`bytes ${from}-${to}/${size}`);
      expect(Buffer.from(await answer.arrayBuffer()).equals(sound.subarray(from, to + 1))).toBe(true);
    }
    const beyond = await open(ben, file!.url, { range: "bytes=999999-" });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${size}`]);
    for (const range of ["bytes=0-1,5-6", "lines=1-2", "nonsense"]) {
      expect((await open(ben, file!.url, { range })).status).toBe(200);
    }
  });

  it("that the browser has already is not sent again", async () => {
    const [file] = (await sent(ana, await upload(cluster, ana, "once"))).attachments;
    const link = await cluster.call<AttachmentLink>(ben, "GET", `${file!.url}/link`);
    const head = `GET ${link.url} HTTP/1.1\r\nhost: files\r\nconnection: close\r\n`;
    const answer = await rawRequest(api!.port, `${head}if-none-match: "${file!.id}"\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 304 /);
  });

  it("is NOT_FOUND, as if absent, to whoever may not read its message", async () => {
    const group = await cluster.conversation(ana, ben, eve);
    const ask = (person: TestPerson, file: string) =>
      cluster.rest(person, "GET", `/api/attachments/${file}/link`);
    const first = await upload(cluster, ana, "before");
    await cluster.call(ana, "POST", "/api/messages", { ...send([first.id]), conversationId: group.id });
    const late = await cluster.person("late");
    await cluster.call(ana, "POST", `/api/messages/conversations/${group.id}/members`, { userId: late.id });
    const second = await upload(cluster, ana, "after");
    await cluster.call(ana, "POST", "/api/messages", { ...send([second.id]), conversationId: group.id });
    // What was said before one came stays hidden.
    expect([(await ask(late, first.id)).status, (await ask(late, second.id)).status]).toEqual([404, 200]);
    expect((await ask(eve, second.id)).status).toBe(200);
    await cluster.call(ana, "DELETE", `/api/messages/conversations/${group.id}/members/${eve.id}`);
    const [removed, absent] = [await ask(eve, second.id), await ask(eve, randomUUID())];
    expect([removed.status, { ...removed.body.error, requestId: "" }]).toEqual([
      404,
      { ...absent.body.error, requestId: "" },
    ]);
    // Deleted for oneself: the files are hidden with the messages.
    await cluster.call(ben, "DELETE", `/api/messages/conversations/${group.id}`);
    expect([(await ask(ben, second.id)).status, (await ask(ana, second.id)).status]).toEqual([404, 200]);
  });

  it("of a support conversation is open to every agent, and of no other", async () => {
    const agent = await cluster.person("agent", "agent");
    const support = await cluster.call<Conversation>(ana, "POST", "/api/messages/conversations", {
      kind: "support",
    });
    const file = await upload(cluster, ana, "help");
    await cluster.call(ana, "POST", "/api/messages", { ...send([file.id]), conversationId: support.id });
    const [private_] = (await sent(ana, await upload(cluster, ana, "private"))).attachments;
    expect([await statusOf(agent, file), await statusOf(agent, private_!)]).toEqual([200, 404]);
  });

  it("is gone at once, by any link, when its message is deleted; its bytes follow", async () => {
    const message = await sent(ana, await upload(cluster, ana, png(500, 500)));
    const [file] = message.attachments;
    const { url } = await cluster.call<AttachmentLink>(ben, "GET", `${file!.url}/link`);
    const deleted = await cluster.call<Message>(ana, "DELETE", `/api/messages/${id}/${message.seq}`);
    expect(deleted.attachments).toEqual([]);
    expect([await statusOf(ana, file!), (await fetch(new URL(url, api!.url))).status]).toEqual([404, 404]);
    const page = await cluster.call<HistoryPage>(
      ben,
      "GET",
      `/api/messages?conversationId=${id}&after=${message.seq - 1}&limit=1`,
    );
    expect(page.messages[0]?.attachments).toEqual([]);
    await api!.api.collector.collect();
    expect((await filesIn(cluster.attachmentDir)).filter((name) => name.startsWith(file!.id))).toEqual([]);
  });
});
