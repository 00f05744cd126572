import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "../cluster/cluster.ts";
import { bystanders, expectNoTrace, RawSocket, rawRequest, rawSocketOf } from "./raw.ts";

const cluster = await startCluster({ balancer: true });
const { url } = cluster;
const port = Number(new URL(url).port);
const calm = await bystanders(cluster);
afterAll(() => cluster.stop());
afterEach(() => calm.expectUnharmed());

let mallory: TestPerson;
beforeAll(async () => {
  mallory = await cluster.person("mallory");
});

const attachments = (count: number) => `45${count}-["send_message",{"_placeholder":true,"num":0}]`;

describe("a frame that breaks the protocol closes its connection", () => {
  it.each([
    ["plain text instead of a packet", "hello"],
    ["nothing", ""],
    ["an unknown engine type", "9"],
    ["an unknown packet type", "49"],
    ["broken JSON", '42["send_message",{'],
    ["a payload that is no array", '42{"send_message":{}}'],
    ["a payload that is a text", '42"send_message"'],
    ["an empty array", "42[]"],
    ["an event name that is an object", '42[{"toString":1},{}]'],
    ["an event name that is null", "42[null,{}]"],
    ["the reserved name disconnect", '42["disconnect"]'],
    ["the reserved name connect", '42["connect"]'],
    ["the reserved name disconnecting", '42["disconnecting"]'],
    ["the reserved name newListener", '42["newListener",{}]'],
    ["more than 10 attachments", attachments(11)],
    ["a million attachments", attachments(1_000_000)],
    ["one attachment that would follow", attachments(1)],
    ["an attachment of no bytes, and text where it is due", "45-[]"],
    ["a placeholder out of range", '451-["x",{"_placeholder":true,"num":7}]'],
    ["a binary ack", "461-1[]"],
    ["a binary frame", Buffer.from([4, 2, 91, 93])],
    ["a connect error from the client", '44{"message":"x"}'],
  ])("%s", async (_, frame) => {
    const socket = await rawSocketOf(url, mallory);
    socket.send(frame);
    await socket.closed();
    expectNoTrace(socket.frames.join(" "));
  });

  it.each([
    ["an event before CONNECT", '42["heartbeat",{}]'],
    ["an ack before CONNECT", "431[]"],
    ["an event in another namespace", '42/admin,["heartbeat",{}]'],
  ])("%s", async (_, frame) => {
    const socket = new RawSocket(url);
    await socket.frame("0");
    socket.send(frame);
    await socket.closed();
  });

  it("a namespace that does not exist is refused", async () => {
    const socket = new RawSocket(url);
    await socket.frame("0");
    socket.send(`40/admin,${JSON.stringify({ token: mallory.token })}`);
    expect(await socket.frame("44/admin")).toContain("Invalid namespace");
    socket.ws.close();
  });

  it("invalid UTF-8 closes with 1007", async () => {
    const socket = await rawSocketOf(url, mallory);
    socket.ws.send(Buffer.from([0x34, 0x32, 0xff, 0xfe]), { binary: false });
    expect(await socket.closed()).toBe(1007);
  });

  it.each([16 * 1024 + 1, 1_000_000])("a frame of %i bytes closes with 1009", async (bytes) => {
    const socket = await rawSocketOf(url, mallory);
    socket.send("4".padEnd(bytes, "x"));
    expect(await socket.closed()).toBe(1009);
  });

  it("a message in one-byte fragments is one message, and one that never ends is cut", async () => {
    const socket = await rawSocketOf(url, mallory);
    const text = '427["heartbeat",{}]';
    for (const [index, byte] of [...text].entries()) socket.ws.send(byte, { fin: index === text.length - 1 });
    expect(await socket.frame("437")).toContain('"ok":true');
    for (let n = 0; n <= 16 * 1024 + 1; n++) socket.ws.send("4", { fin: false });
    await socket.closed();
  });
});

const ask = async (query: string, init: RequestInit = {}) => {
  const response = await fetch(`${url}/socket.io/?${query}`, init);
  const text = await response.text();
  expectNoTrace(text);
  return response.status;
};

async function pollingSession(): Promise<string> {
  const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
  return (JSON.parse((await response.text()).slice(1)) as { sid: string }).sid;
}

describe("an HTTP request that breaks the protocol is refused", () => {
  it.each([
    ["EIO=3", "EIO=3&transport=polling"],
    ["no version", "transport=polling"],
    ["no transport", "EIO=4"],
    ["an unknown transport", "EIO=4&transport=carrier-pigeon"],
    ["a transport named __proto__", "EIO=4&transport=__proto__"],
    ["an unknown session", "EIO=4&transport=polling&sid=gw1.nobody"],
    ["a session named __proto__", "EIO=4&transport=polling&sid=__proto__"],
    ["a session named constructor", "EIO=4&transport=polling&sid=constructor"],
    ["a session that is a list", "EIO=4&transport=polling&sid=a&sid=b"],
  ])("%s: 400", async (_, query) => {
    expect(await ask(query)).toBe(400);
  });

  it.each(["PUT", "DELETE", "PATCH"])("%s without a session: 400", async (method) => {
    expect(await ask("EIO=4&transport=polling", { method })).toBe(400);
  });

  it.each([
    ["with a wrong content type: 400", { "content-type": "application/octet-stream" }, "40"],
    ["with bytes that are no packet: the session is over", { "content-type": "text/plain" }, "zzz"],
    ["with 100 KB: 413", { "content-type": "text/plain" }, "4".repeat(100_000)],
  ])("a polling POST %s", async (what, headers, body) => {
    const sid = await pollingSession();
    const query = `EIO=4&transport=polling&sid=${sid}`;
    const status = await ask(query, { method: "POST", headers, body });
    const expected = /: (\d+)/.exec(what)?.[1];
    if (expected) expect(status).toBe(Number(expected));
    else expect(await ask(query)).toBe(400);
  });

  it("another session's poll in parallel ends that session and nothing else", async () => {
    const sid = await pollingSession();
    const query = `EIO=4&transport=polling&sid=${sid}`;
    // Both wait for the same thing: the second is a protocol error.
    const statuses = await Promise.all([ask(query), ask(query)]);
    expect(statuses).toContain(400);
  });

  it.each([
    ["2,000 headers", () => Array.from({ length: 2_000 }, (_, n) => `x-${n}: 1`).join("\r\n"), "431", "431"],
    ["a header of 64 KB", () => `x: ${"y".repeat(65_536)}`, "431", "400"],
    ["a header without a colon", () => "nonsense", "400", "400"],
    ["two lengths", () => "Content-Length: 1\r\nContent-Length: 2", "400", "400"],
    ["a length and chunks", () => "Content-Length: 5\r\nTransfer-Encoding: chunked", "400", "200"],
  ])("%s", async (_, header, status, balanced) => {
    const request = `GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header()}\r\n\r\n0\r\n\r\n`;
    for (const node of [cluster.gateways[0]!, cluster.apis[0]!]) {
      const answer = await rawRequest(node.port, request);
      expect(answer.slice(9, 12)).toBe(status);
      expectNoTrace(answer);
    }
    // What does not fit the balancer's buffer has its one status for all that it cannot parse; a length that stands
    // beside chunks is dropped.
    expect((await rawRequest(port, request)).slice(9, 12)).toBe(balanced);
  });

  it.each([
    ["no HTTP at all", "\u0000\u0001\u0002 hello\r\n\r\n"],
    ["an unknown method", "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n"],
    [
      "an upgrade to something else",
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n",
    ],
    [
      "an upgrade without a key",
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    [
      "an upgrade elsewhere",
      "GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ],
  ])("%s ends with that connection", async (_, bytes) => {
    for (const each of [port, cluster.gateways[0]!.port]) expectNoTrace(await rawRequest(each, bytes));
  });
});

describe("what is left open is closed in 10 s", () => {
  /** All at once: each of them takes that long. */
  const ends = {
    async "a handshake by WebSocket without CONNECT"() {
      const socket = new RawSocket(url);
      await socket.frame("0");
      await socket.closed();
    },
    async "a handshake by polling without CONNECT"() {
      const query = `EIO=4&transport=polling&sid=${await pollingSession()}`;
      // Waits for something to come, which is the end: 1 is «close».
      expect(await (await fetch(`${url}/socket.io/?${query}`)).text()).toBe("1");
      expect(await ask(query)).toBe(400);
    },
    async "an upgrade whose headers do not end"() {
      const head = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n";
      expect(await rawRequest(port, head)).toMatch(/^(HTTP\/1\.1 408|$)/);
    },
    async "a connection that says nothing"() {
      expect(await rawRequest(port, "")).toMatch(/^(HTTP\/1\.1 408|$)/);
    },
  };
  const began = performance.now();
  const took = Object.entries(ends).map(([what, end]): [string, Promise<number>] => [
    what,
    end().then(() => performance.now() - began),
  ]);

  it.each(took)("%s", async (_, ended) => {
    expect(await ended).toBeGreaterThan(9_000);
  });
});
