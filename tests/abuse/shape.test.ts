import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { serverKey, startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { bystanders, expectNoTrace, type RawSocket, rawSocketOf } from "./raw.ts";

const cluster = await startCluster({ balancer: true });
const calm = await bystanders(cluster);
afterAll(() => cluster.stop());
afterEach(() => calm.expectUnharmed());

let mallory: TestPerson;
let id: string;
let socket: TestSocket;
let raw: RawSocket;
beforeAll(async () => {
  mallory = await cluster.person("mallory");
  id = (await cluster.conversation(mallory, await cluster.person("other"))).id;
  socket = await cluster.socket(mallory);
  raw = await rawSocketOf(cluster.url, mallory);
});

/** A payload of each command that would be right. */
const right = (): Record<string, Record<string, unknown>> => ({
  join_conversation: { conversationId: id },
  leave_conversation: { conversationId: id },
  send_message: { conversationId: id, clientMessageId: randomUUID(), content: "x" },
  typing: { conversationId: id, isTyping: true },
  mark_read: { conversationId: id, seq: 0 },
  sync: { cursors: { [id]: 0 } },
  edit_message: { conversationId: id, seq: 1, content: "x" },
  delete_message: { conversationId: id, seq: 1 },
  react: { conversationId: id, seq: 1, emoji: "👍", on: true },
  watch_presence: { userIds: [] },
  refresh_token: { token: mallory.token },
  heartbeat: {},
});
const commands = [
  "join_conversation",
  "leave_conversation",
  "send_message",
  "typing",
  "mark_read",
  "sync",
  "edit_message",
  "delete_message",
  "react",
  "watch_presence",
  "refresh_token",
  "heartbeat",
];

describe.each(commands)("%s", (command) => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 7],
    ["a text", "text"],
    ["true", true],
    ["an array", []],
    ["an array of the right payload", [{}]],
    ["an unknown field", { role: "admin" }],
    ["a sender", { senderId: "somebody" }],
    ["fields of prototypes", { constructor: { prototype: {} } }],
  ])("with %s is INVALID and the connection stays", async (_, payload) => {
    const mixed = typeof payload === "object" && payload !== null && !Array.isArray(payload);
    const sent = mixed ? { ...right()[command], ...payload } : payload;
    const error = await socket.refused(command, sent);
    expect(error).toMatchObject({ code: "INVALID", retryable: false });
    expectNoTrace(JSON.stringify(error));
    expect(socket.raw.connected).toBe(true);
  });

  it.each(["an object nested 2,000 deep", "a list", "an object", "null", "a long text"])(
    "with %s in any field is INVALID",
    async (what) => {
      const odd: Record<string, unknown> = {
        "an object nested 2,000 deep": JSON.parse(`${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`),
        "a list": ["x"],
        "an object": { a: 1 },
        null: null,
        "a long text": "y".repeat(9_000),
      };
      const payload = right()[command]!;
      for (const field of Object.keys(payload)) {
        // A list is what watch_presence takes, and a long text is content that is merely too large.
        const ack = await socket.emit(command as "sync", { ...payload, [field]: odd[what] });
        if (ack.ok) expect([command, field, what]).toEqual(["watch_presence", "userIds", "a list"]);
        else expect(ack.error.code).toMatch(/^(INVALID|TOO_LARGE|UNAUTHENTICATED)$/);
      }
    },
  );
});

describe("written by hand", () => {
  let ackId = 100;
  /** Sends JSON that no JSON.stringify would write; answers the ack. */
  async function ackOf(event: string, payload: string) {
    ackId += 1;
    raw.send(`42${ackId}["${event}",${payload}]`);
    const frame = await raw.frame(`43${ackId}`);
    return (JSON.parse(frame.slice(`43${ackId}`.length)) as [{ ok: boolean; error?: { code: string } }])[0];
  }

  it.each([
    ["a __proto__ key", '{"conversationId":"ID","seq":1,"__proto__":{"ok":true}}'],
    ["a __proto__ key in cursors", '{"cursors":{"__proto__":1}}'],
    ["a number beyond all numbers", '{"conversationId":"ID","seq":1e999}'],
    ["2^53", '{"conversationId":"ID","seq":9007199254740992}'],
    ["2^53 + 1", '{"conversationId":"ID","seq":9007199254740993}'],
    ["2^63", '{"conversationId":"ID","seq":9223372036854775808}'],
    ["a negative number", '{"conversationId":"ID","seq":-1}'],
    ["a fraction", '{"conversationId":"ID","seq":0.5}'],
    ["a number as text", '{"conversationId":"ID","seq":"1"}'],
    ["an id in upper case", '{"conversationId":"UPPER","seq":1}'],
    ["an id that is a room", '{"conversationId":"conversation:ID","seq":1}'],
    ["an id that is SQL", `{"conversationId":"' OR 1=1--","seq":1}`],
    ["an id with NUL", '{"conversationId":"ID\\u0000","seq":1}'],
  ])("%s is INVALID", async (what, payload) => {
    const event = what.includes("cursors") ? "sync" : "mark_read";
    const text = payload.replace("UPPER", id.toUpperCase()).replace("ID", id);
    expect(await ackOf(event, text)).toMatchObject({ ok: false, error: { code: "INVALID" } });
  });

  it("-0 is 0, and of two equal keys the last counts", async () => {
    expect(await ackOf("mark_read", `{"conversationId":"${id}","seq":-0}`)).toMatchObject({ ok: true });
    expect(await ackOf("mark_read", `{"conversationId":"${id}","seq":"x","seq":0}`)).toMatchObject({
      ok: true,
    });
    expect(await ackOf("mark_read", `{"conversationId":"${id}","seq":0,"seq":"x"}`)).toMatchObject({
      ok: false,
    });
  });

  it.each(commands)("an array nested 5,000 deep for %s is INVALID", async (command) => {
    const payload = "[".repeat(5_000) + "]".repeat(5_000);
    expect(await ackOf(command, payload)).toMatchObject({ ok: false, error: { code: "INVALID" } });
  });

  it.each([
    "no_such_event",
    "constructor",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "new_message",
    "ready",
    " ",
    "x".repeat(5_000),
  ])("the event %s is UNKNOWN_EVENT", async (event) => {
    expect(await ackOf(event, "{}")).toMatchObject({ ok: false, error: { code: "UNKNOWN_EVENT" } });
  });

  it("without an ack, or with one that is no function, the command is done", async () => {
    const send = (clientMessageId: string) =>
      JSON.stringify({ conversationId: id, clientMessageId, content: "no ack" });
    raw.send(`42["send_message",${send("no.ack")}]`);
    raw.send(`42["send_message",${send("text.for.ack")},"ack"]`);
    raw.send(`42["send_message",${send("null.for.ack")},null]`);
    raw.send(`42["send_message",null]`);
    raw.send(`42["no_such_event"]`);
    raw.send(`42["typing_start"]`);
    await raw.frame('42["new_message"');
    expect((await ackOf("heartbeat", "{}")).ok).toBe(true);
    const history = await cluster.call<{ messages: { clientMessageId: string }[] }>(
      mallory,
      "GET",
      `/api/messages?conversationId=${id}`,
    );
    expect(history.messages.map((message) => message.clientMessageId)).toEqual([
      "no.ack",
      "text.for.ack",
      "null.for.ack",
    ]);
  });

  it("an ack of nothing that was asked is ignored", async () => {
    raw.send('431["surprise"]');
    expect((await ackOf("heartbeat", "{}")).ok).toBe(true);
  });
});

describe("REST", () => {
  const url = (path: string) => `${cluster.url}${path}`;
  async function ask(method: string, path: string, headers: Record<string, string>, body?: string | Buffer) {
    const response = await fetch(url(path), {
      method,
      headers: { authorization: `Bearer ${mallory.token}`, ...headers },
      ...(body === undefined ? {} : { body: body as string }),
    });
    const text = await response.text();
    expectNoTrace(text);
    const answer = JSON.parse(text) as { success: boolean; error?: { code: string; requestId: string } };
    expect(answer.success).toBe(false);
    expect(answer.error?.requestId).toMatch(/^[0-9a-f-]{36}$/);
    return [response.status, answer.error?.code];
  }
  const json = { "content-type": "application/json" };
  const message = () => JSON.stringify({ conversationId: id, clientMessageId: randomUUID(), content: "x" });

  it.each([
    ["urlencoded", { "content-type": "application/x-www-form-urlencoded" }, "a=1", 415, "UNSUPPORTED"],
    ["XML", { "content-type": "application/xml" }, "<a/>", 415, "UNSUPPORTED"],
    ["no type", { "content-type": "" }, "{}", 415, "UNSUPPORTED"],
    ["plain text", { "content-type": "text/plain" }, "{}", 415, "UNSUPPORTED"],
    [
      "UTF-16",
      { "content-type": "application/json; charset=utf-16" },
      Buffer.from("{}", "utf16le"),
      415,
      "UNSUPPORTED",
    ],
    ["compressed", { ...json, "content-encoding": "gzip" }, Buffer.from([31, 139]), 415, "UNSUPPORTED"],
    ["broken JSON", json, "{", 400, "INVALID"],
    ["a bare text", json, '"text"', 400, "INVALID"],
    ["null", json, "null", 400, "INVALID"],
    ["a list", json, "[]", 400, "INVALID"],
    ["nothing", json, "", 400, "INVALID"],
    ["a list nested 5,000 deep", json, "[".repeat(5_000) + "]".repeat(5_000), 400, "INVALID"],
    ["33 KB", json, JSON.stringify({ content: "x".repeat(33 * 1_024) }), 413, "TOO_LARGE"],
    ["a __proto__ key", json, '{"__proto__":{"admin":true}}', 400, "INVALID"],
  ])("a body of %s", async (_, headers, body, status, code) => {
    expect(await ask("POST", "/api/messages", headers, body)).toEqual([status, code]);
  });

  it("a body that grows by chunks beyond 32 KB is refused as well", async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 40; n++) controller.enqueue(new TextEncoder().encode(`${"x".repeat(1_024)}`));
        controller.close();
      },
    });
    const response = await fetch(url("/api/messages"), {
      method: "POST",
      headers: { authorization: `Bearer ${mallory.token}`, ...json },
      body: stream,
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it.each([
    ["PUT", "/api/messages"],
    ["DELETE", "/api/messages"],
    ["PATCH", "/api/me"],
    ["POST", "/api/messages/unread"],
    ["GET", "/api/tokens"],
    ["PUT", "/api/messages/conversations"],
  ])("%s %s is 405", async (method, path) => {
    const body = method === "GET" ? undefined : "{}";
    expect(await ask(method, path, body ? json : {}, body)).toEqual([405, "METHOD_NOT_ALLOWED"]);
  });

  it.each([
    "/api/nothing",
    "/api",
    "/api/messages/conversations/",
    "/api/Messages",
    "/api//me",
    "/api/messages/conversations/x/y/z",
  ])("GET %s is 404", async (path) => {
    expect(await ask("GET", path, {})).toEqual([404, "NOT_FOUND"]);
  });

  it.each([
    "/api/messages/conversations/not-a-uuid",
    "/api/messages/conversations/%00",
    "/api/messages/conversations/%ZZ",
    "/api/messages/conversations/%C0%80",
    "/api/messages?conversationId[]=x",
    "/api/messages?conversationId[a]=x",
    "/api/messages",
    "/api/messages?conversationId=%00",
  ])("GET %s is 400", async (path) => {
    expect(await ask("GET", path, {})).toEqual([400, "INVALID"]);
  });

  it.each([
    "/metrics",
    "/internal/send",
    "/balancer",
    "/queues",
    "/.env",
    "/package.json",
    "/..%2fpackage.json",
    "/messages/../.env",
  ])("%s is not on the public port", async (path) => {
    const response = await fetch(url(path));
    expect(response.status).toBe(404);
    expectNoTrace(await response.text());
  });

  it("the private port wants its secret, for every internal route", async () => {
    const { privateUrl } = cluster.apis[0]!;
    for (const authorization of [
      undefined,
      "Bearer wrong",
      `Bearer ${serverKey}`,
      `Bearer ${mallory.token}`,
      "Basic eDp5",
    ]) {
      for (const route of ["send", "marks", "sessions", "read", "heads", "visible", "endedCalls"]) {
        const headers = { ...json, ...(authorization ? { authorization } : {}) };
        const response = await fetch(`${privateUrl}/internal/${route}`, {
          method: "POST",
          headers,
          body: '{"items":[]}',
        });
        expect([route, response.status]).toEqual([route, 401]);
      }
    }
  });

  it("a message that is right is taken", async () => {
    const response = await fetch(url("/api/messages"), {
      method: "POST",
      headers: { authorization: `Bearer ${mallory.token}`, ...json },
      body: message(),
    });
    expect(response.status).toBe(201);
  });
});
