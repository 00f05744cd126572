import { createClient } from "@parloir/client/core/client.ts";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";
import { filesIn, png } from "./uploads.ts";

const cluster = await startCluster({ balancer: true, env: { LIMIT_ATTACHMENT_BYTES: "100000" } });
const ana = await cluster.person("ana");
const ben = await cluster.person("ben");
const { id } = await cluster.conversation(ana, ben);
const clients: ReturnType<typeof createClient>[] = [];
afterAll(async () => {
  for (const client of clients) client.close();
  await cluster.stop();
});

function clientOf(
  person: TestPerson,
  getToken = async () => person.token,
  fetch: typeof globalThis.fetch = globalThis.fetch,
) {
  const client = createClient({ url: cluster.url, userId: person.id, getToken, fetch });
  clients.push(client);
  client.open(id);
  return client;
}

const messagesOf = (client: ReturnType<typeof createClient>) =>
  client.thread(id).state.getSnapshot().messages;

describe("a client", () => {
  it("uploads, sends, and the other opens the file without a token", async () => {
    const [mine, theirs] = [clientOf(ana), clientOf(ben)];
    const picture = png(900, 600);
    const file = await mine.upload(new Blob([picture]), { name: "holiday.png" });
    mine.send({ conversationId: id, content: "", attachments: [file] });
    const seen = await eventually(
      "the message",
      () => messagesOf(theirs),
      (all) => all.length === 1,
    );
    expect(seen[0]).toMatchObject({ content: "", attachments: [file] });
    await eventually(
      "one's own",
      () => messagesOf(mine),
      (all) => all[0]?.attachments.length === 1,
    );
    const link = await theirs.fileLink(file);
    expect(await theirs.fileLink(file)).toBe(link);
    const bytes = await (await fetch(link.url)).arrayBuffer();
    expect(Buffer.from(bytes).equals(picture)).toBe(true);
    expect((await fetch(link.thumbnailUrl!)).headers.get("content-type")).toBe("image/webp");
  });

  it("whose token has ended uploads with the next", async () => {
    const tokens = ["not a token", ana.token];
    const client = clientOf(ana, async () => tokens.shift() ?? ana.token);
    expect(await client.upload(new File(["hello"], "a.txt"))).toMatchObject({ name: "a.txt", size: 5 });
  });

  it("is told why a file is not taken", async () => {
    const client = clientOf(ana);
    await expect(client.upload(new Blob(["<svg/>"]))).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(client.upload(new Blob(["x".repeat(100_001)]))).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(client.fileLink({ id: "00000000-0000-4000-8000-000000000000" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("that aborts has uploaded nothing", async () => {
    const client = clientOf(ana, undefined, stalling);
    const before = await filesIn(cluster.attachmentDir);
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const uploading = client.upload(new Blob(["hello"]), { signal: controller.signal });
    const failed = expect(uploading).rejects.toBe(reason);
    const files = () => filesIn(cluster.attachmentDir);
    await eventually("the file to arrive", files, (now) => now.length > before.length);
    controller.abort(reason);
    await failed;
    await eventually("nothing to be left", files, (now) => now.length === before.length);
    await expect(client.upload(new Blob(["x"]), { signal: controller.signal })).rejects.toBe(reason);
  });
});

/** Sends all but the end of a form, so that an abort comes in its middle. */
const stalling: typeof fetch = async (input, init) => {
  if (!(init?.body instanceof FormData)) return fetch(input, init);
  const whole = new Response(init.body);
  const headers = new Headers(init.headers);
  headers.set("content-type", whole.headers.get("content-type")!);
  const bytes = await whole.bytes();
  const body = new ReadableStream({ start: (stream) => stream.enqueue(bytes.subarray(0, -10)) });
  const sent: RequestInit & { duplex: "half" } = { ...init, headers, body, duplex: "half" };
  return fetch(input, sent);
};
