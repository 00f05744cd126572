import { randomUUID } from "node:crypto";
import type { Message } from "@parloir/contracts/shapes.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { serverKey, startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { eventually } from "../setup/waiting.ts";
import { bystanders, expectNoTrace, rawSocketOf } from "./raw.ts";

const cluster = await startCluster({ balancer: true });
const calm = await bystanders(cluster);
afterAll(() => cluster.stop());
afterEach(() => calm.expectUnharmed());

let ana: TestPerson;
let ben: TestPerson;
let id: string;
let socket: TestSocket;
beforeAll(async () => {
  [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  id = (await cluster.conversation(ana, ben)).id;
  socket = await cluster.socket(ana);
});

const send = (content: string) => ({ conversationId: id, clientMessageId: randomUUID(), content });

describe("a message's text", () => {
  it.each([
    ["NUL", "a\u0000b", "INVALID"],
    ["a lone surrogate", "a\ud800b", "INVALID"],
    ["nothing", "", "INVALID"],
    ["blanks", " \n\t ", "INVALID"],
    ["zero-width characters", "\u200b\u200d\ufeff", "INVALID"],
    ["4,001 characters", "x".repeat(4_001), "TOO_LARGE"],
    ["10,000 combining marks", `e${"\u0301".repeat(5_000)}`, "TOO_LARGE"],
  ])("of %s is refused, by socket and by REST, and nothing is written", async (_, content, code) => {
    const before = await cluster.sql("SELECT FROM messages WHERE conversation_id = $1", [id]);
    expect(await socket.refused("send_message", send(content))).toMatchObject({ code, retryable: false });
    const { body } = await cluster.rest(ana, "POST", "/api/messages", send(content));
    expect(body.error?.code).toBe(code);
    expect(await cluster.sql("SELECT FROM messages WHERE conversation_id = $1", [id])).toHaveLength(
      before.length,
    );
  });

  it.each([
    ["markup", '<img src=x onerror="alert(1)"><script>alert(1)</script>'],
    ["a javascript: link", "javascript:alert(1)"],
    ["bidirectional overrides", "\u202eabc\u202c"],
    ["quotes and SQL", `'; DROP TABLE messages; -- " \\`],
    ["JSON", '{"__proto__":{"a":1}}'],
    ["percent and backslash", "%_\\ %s $1 {0}"],
    ["CR LF", "a\r\nSet-Cookie: x"],
    ["separators of lines", "a\u2028b\u2029c"],
    ["emoji of many code points", "👩‍👩‍👧‍👦🏳️‍🌈"],
    ["non-characters", "\ufffe\uffff x"],
    ["4,000 wide characters", "🙂".repeat(3_900)],
  ])("of %s arrives and is kept as it was sent", async (_, content) => {
    const reader = await cluster.socket(ben);
    const { seq } = await socket.ok("send_message", send(content));
    const pushed = await reader.waitFor("new_message", (message) => message.seq === seq);
    expect(pushed.content).toBe(content);
    const page = await cluster.call<{ messages: Message[] }>(
      ben,
      "GET",
      `/api/messages?conversationId=${id}&after=${seq - 1}&limit=1`,
    );
    expect(page.messages).toEqual([pushed]);
    reader.close();
  });
});

describe("other fields of a message", () => {
  it.each([
    ["a client id with a blank", { clientMessageId: "a b" }],
    ["a client id of 129 characters", { clientMessageId: "x".repeat(129) }],
    ["an empty client id", { clientMessageId: "" }],
    ["a reply to nothing", { replyToSeq: 0 }],
    ["a reply to what is not there", { replyToSeq: 1_000_000 }],
    ["a reply to the end of numbers", { replyToSeq: Number.MAX_SAFE_INTEGER }],
    ["51 mentions", { mentions: Array.from({ length: 51 }, (_, n) => `p${n}`) }],
    ["a mention that is no id", { mentions: ["a b"] }],
    ["an attachment that is no id", { attachmentIds: ["x"] }],
    ["a time", { createdAt: "1970-01-01T00:00:00Z" }],
    ["a sequence number", { seq: 1 }],
    ["a kind", { kind: "system" }],
  ])("%s: INVALID", async (_, change) => {
    expect(await socket.refused("send_message", { ...send("x"), ...change })).toMatchObject({
      code: "INVALID",
    });
    const { status, body } = await cluster.rest(ana, "POST", "/api/messages", { ...send("x"), ...change });
    expect([status, body.error?.code]).toEqual([400, "INVALID"]);
  });
});

describe("what the host says of a person or a subject", () => {
  const odd: [string, string][] = [
    ["NUL", "a\u0000b"],
    ["a lone surrogate", "a\ud800"],
    ["blanks", "   "],
    ["too much", "x".repeat(10_000)],
  ];
  it.each(odd)("%s in a name: INVALID", async (_, name) => {
    const { status, body } = await cluster.request(serverKey, "PUT", "/api/users/odd", { name });
    expect([status, body.error?.code]).toEqual([400, "INVALID"]);
    expectNoTrace(JSON.stringify(body));
  });

  it.each(odd)("%s in a subject: INVALID", async (_, text) => {
    for (const subject of [
      { type: "order", id: text, title: "x" },
      { type: "order", id: "x", title: text },
      { type: text, id: "x", title: "x" },
    ]) {
      const { status, body } = await cluster.rest(ana, "POST", "/api/messages/conversations", {
        kind: "support",
        subject,
      });
      expect([status, body.error?.code]).toEqual([400, "INVALID"]);
    }
  });

  it.each([
    ["email", "a\u0000@example.org"],
    ["email", "no address"],
    ["avatarUrl", "javascript:alert(1)"],
    ["avatarUrl", "data:text/html,x"],
    ["avatarUrl", "https://example.org/\u0000"],
    ["avatarUrl", "https://example.org/\ud800"],
    ["avatarUrl", "not a url"],
    ["role", "superuser"],
    ["locale", "../../etc"],
    ["locale", "e\u0000"],
    ["id", "other"],
  ])("%s = %s: INVALID", async (field, value) => {
    const { status, body } = await cluster.request(serverKey, "PUT", "/api/users/odd", {
      name: "Odd",
      [field]: value,
    });
    expect([status, body.error?.code]).toEqual([400, "INVALID"]);
  });

  it.each(["a b", "%00", "x".repeat(129), "a%2fb", "%F0%9F%99%82", "'"])(
    "the id %s: INVALID or no route",
    async (userId) => {
      const { status } = await cluster.request(serverKey, "PUT", `/api/users/${userId}`, { name: "Odd" });
      expect([400, 404]).toContain(status);
    },
  );

  it.each([0, -1, 86_401, 1.5, "60", null, 1e9])("a token of %s seconds: INVALID", async (ttlSeconds) => {
    const { status } = await cluster.request(serverKey, "POST", "/api/tokens", {
      userId: ana.id,
      ttlSeconds,
    });
    expect(status).toBe(400);
  });
});

describe("a reader who does not read", () => {
  it("is cut, and the others receive everything meanwhile", { timeout: 120_000 }, async () => {
    const { id: busy } = await cluster.conversation(ana, ben, await cluster.person("cleo"));
    const reader = await cluster.socket(ben);
    const slow = await rawSocketOf(cluster.url, ben);
    const cut = async () => {
      const { values } = await cluster.gateways[0]!.metrics.get("parloir_connections_cut_total").get();
      return values
        .filter(({ labels }) => String(labels.reason).includes("reader"))
        .reduce((sum, { value }) => sum + value, 0);
    };
    // The kernel and the balancer take some megabytes before anything waits in the gateway.
    slow.ws.pause();
    const wide = "🙂".repeat(3_800);
    let sent = 0;
    await eventually(
      "the slow reader to be cut",
      async () => {
        await Promise.all(Array.from({ length: 40 }, () => cluster.send(socket, busy, wide)));
        sent += 40;
        return cut();
      },
      (count) => count > 0,
    );
    expect((await reader.messages(busy, sent)).map((message) => message.seq)).toEqual(
      Array.from({ length: sent }, (_, index) => index + 1),
    );
    slow.ws.terminate();
  });
});
