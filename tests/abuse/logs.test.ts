import { randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import { createLog } from "@parloir/platform/log.ts";
import { afterAll, describe, expect, it } from "vitest";
import { serverKey, startCluster } from "../cluster/cluster.ts";
import { RawSocket, rawSocketOf } from "./raw.ts";

/** Everything that every process says at the most talkative level. */
let logged = "";
const output = new Writable({
  write(chunk, _, done) {
    logged += String(chunk);
    done();
  },
});
const log = createLog({ level: "trace", nodeName: "test", role: "api", output });
const cluster = await startCluster({ balancer: true, workers: 1, log });
afterAll(() => cluster.stop());

/** Its own line, so that all that was logged before is known to be there. */
function loggedSoFar(): string {
  const mark = randomUUID();
  log.error({ mark }, "so far");
  expect(logged).toContain(mark);
  return logged;
}

describe("a token in an address", () => {
  it.each(["token", "access_token"])(
    "(%s) is refused by every entrance, and logged nowhere",
    async (name) => {
      const ana = await cluster.person("ana");
      const [header, payload, signature] = ana.token.split(".") as [string, string, string];
      const query = `${name}=${ana.token}`;
      const socket = cluster.connect(undefined, cluster.url, { query: { [name]: ana.token } });
      expect(await socket.refusal()).toMatchObject({ code: "UNAUTHENTICATED" });
      const polling = cluster.connect(ana.token, cluster.url, {
        query: { [name]: ana.token },
        transports: ["polling"],
      });
      expect(await polling.refusal()).toMatchObject({ code: "UNAUTHENTICATED" });
      for (const path of ["/api/me", "/api/messages/unread", "/nowhere", "/socket.io/", "/livez"])
        expect([200, 400, 401, 404]).toContain((await fetch(`${cluster.url}${path}?${query}`)).status);
      expect((await fetch(`${cluster.url}/api/me?${query}`)).status).toBe(401);
      const text = loggedSoFar();
      for (const part of [header, payload, signature].map((each) => each.slice(0, 40)))
        expect(text).not.toContain(part);
    },
  );
});

describe("line breaks", () => {
  const forged = `{"level":60,"msg":"forged"}`;
  const odd = ["a\r\nb", "a\nb", "a\rb", "a\u2028b", "a\u0085b", "\u001b[31ma"].map(
    (text) => `${text}${forged}`,
  );

  it.each(odd)("in whatever people say (%j) stay within one line of the log", async (text) => {
    const { status } = await cluster.request(serverKey, "PUT", `/api/users/odd.${randomUUID()}`, {
      name: text,
    });
    expect([201, 400]).toContain(status);
    const ana = await cluster.person("ana");
    const raw = await rawSocketOf(cluster.url, ana);
    raw.send(`421${JSON.stringify([text, { [text]: text }])}`);
    expect(await raw.frame("431")).toContain("UNKNOWN_EVENT");
    raw.send(
      `422${JSON.stringify(["send_message", { conversationId: text, clientMessageId: text, content: text }])}`,
    );
    expect(await raw.frame("432")).toContain("INVALID");
    raw.ws.close();
    const refused = new RawSocket(cluster.url);
    await refused.frame("0");
    refused.send(`40${JSON.stringify({ token: text })}`);
    expect(await refused.frame("44")).toContain("UNAUTHENTICATED");
    refused.ws.close();
    await cluster.request(ana.token, "GET", `/api/messages/search?q=${encodeURIComponent(text)}`);
    await fetch(`${cluster.url}/api/users/${encodeURIComponent(text)}`, { method: "PUT" });
    log.warn({ name: text, err: new Error(text) }, text);
    const lines = loggedSoFar()
      .trimEnd()
      .split(/\r\n|[\n\r]/);
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ node: "test", level: expect.any(Number) });
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).not.toContain("forged");
  });
});
