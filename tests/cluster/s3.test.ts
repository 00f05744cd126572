import { randomUUID } from "node:crypto";
import type { AttachmentLink } from "@parloir/contracts/http.ts";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster } from "./cluster.ts";
import { startS3 } from "./s3-peer.ts";
import { filesIn, formOf, png, postForm, type upload, wav } from "./uploads.ts";

/** A stand-in that checks every signature: no small S3 server is to be had that is kept up. */
const keys = { bucket: "files", accessKeyId: "a-key", secretAccessKey: "a-secret" };
const s3 = await startS3(keys);
const variables = (secret: string) => ({
  S3_BUCKET: keys.bucket,
  S3_ENDPOINT: s3.url,
  S3_ACCESS_KEY_ID: keys.accessKeyId,
  S3_SECRET_ACCESS_KEY: secret,
});
const cluster = await startCluster({
  apis: 2,
  env: variables(keys.secretAccessKey),
  envOf: { api2: variables("another secret") },
});
const [api, stranger] = cluster.apis;
afterAll(async () => {
  await cluster.stop();
  await s3.stop();
});

const ana = await cluster.person("ana");
const ben = await cluster.person("ben");
const { id } = await cluster.conversation(ana, ben);

async function sentBy(bytes: Buffer<ArrayBuffer>, name: string) {
  const { status, body } = await postForm(cluster, ana, formOf(bytes, name), api!.url);
  expect(status).toBe(201);
  const file = body.data as Awaited<ReturnType<typeof upload>>;
  const message = {
    conversationId: id,
    clientMessageId: randomUUID(),
    content: "",
    attachmentIds: [file.id],
  };
  await cluster.call(ana, "POST", "/api/messages", message);
  return file;
}

function get(url: string, headers: Record<string, string> = {}) {
  return fetch(new URL(url, api!.url), { headers: { authorization: `Bearer ${ben.token}`, ...headers } });
}

describe("a bucket", () => {
  it("holds the files, and the api hands them out, whole and in parts, with its own headers", async () => {
    const sound = wav(2);
    const file = await sentBy(sound, "memo.wav");
    expect(s3.objects.get(file.id)?.equals(sound)).toBe(true);
    expect(await filesIn(cluster.attachmentDir)).toEqual([]);
    const whole = await get(file.url);
    expect(Buffer.from(await whole.arrayBuffer()).equals(sound)).toBe(true);
    expect(whole.headers.get("content-disposition")).toMatch(/^attachment/);
    const part = await get(file.url, { range: "bytes=100-199" });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 100-199/${sound.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(sound.subarray(100, 200))).toBe(true);
  });

  it("loses thumbnail and file with the message", async () => {
    const file = await sentBy(png(900, 900), "a.png");
    expect((await get(file.thumbnailUrl!)).status).toBe(200);
    expect([...s3.objects.keys()]).toEqual(expect.arrayContaining([file.id, `${file.id}.thumbnail`]));
    const [{ seq } = { seq: 0 }] = await cluster.sql<{ seq: number }>(
      "SELECT seq::int FROM attachments WHERE id = $1",
      [file.id],
    );
    await cluster.call(ana, "DELETE", `/api/messages/${id}/${seq}`);
    await api!.api.collector.collect();
    expect([...s3.objects.keys()].filter((key) => key.startsWith(file.id))).toEqual([]);
  });

  it.each([
    ["is full", { status: 507, code: "InsufficientStorage" }, 507, "STORAGE_FULL"],
    ["refuses", { status: 403, code: "AccessDenied" }, 503, "UNAVAILABLE"],
  ])("that %s refuses the upload, and nothing is left", async (_, how, status, code) => {
    const before = [...s3.objects.keys()];
    s3.fail(how);
    const { status: answered, body } = await postForm(cluster, ana, formOf("hello"), api!.url);
    s3.fail(null);
    expect([answered, body.error?.code]).toEqual([status, code]);
    await api!.api.collector.collect();
    expect([...s3.objects.keys()]).toEqual(before);
    expect(await filesIn(cluster.attachmentDir)).toEqual([]);
    expect(await cluster.sql("SELECT FROM attachments WHERE removed_at IS NOT NULL")).toEqual([]);
  });

  it("that does not know the key takes nothing: the stand-in does look at signatures", async () => {
    const { status } = await postForm(cluster, ana, formOf("hello"), stranger!.url);
    expect(status).toBe(503);
  });

  it("that has lost a file makes it NOT_FOUND, and nothing worse", async () => {
    const file = await sentBy(wav(1), "lost.wav");
    s3.objects.delete(file.id);
    const { url } = await cluster.call<AttachmentLink>(ben, "GET", `${file.url}/link`);
    expect((await fetch(new URL(url, api!.url))).status).toBe(404);
  });
});
