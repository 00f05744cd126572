import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import express from "express";
import { afterAll, expect, it } from "vitest";
import { createPages } from "./pages.ts";

const script = "export const words = 'the same words again';\n".repeat(200);
const folder = await temporaryFolder();
await mkdir(path.join(folder.dir, "assets"));
await writeFile(path.join(folder.dir, "index.html"), "<!doctype html>");
for (const name of ["assets/app-1a2b.js", "widget.js"]) {
  await writeFile(path.join(folder.dir, name), script);
  await writeFile(path.join(folder.dir, `${name}.br`), brotliCompressSync(script));
  await writeFile(path.join(folder.dir, `${name}.gz`), gzipSync(script));
}
await writeFile(path.join(folder.dir, "assets/plain-1a2b.js"), script);
const server = createServer(express().use(createPages(folder.dir, []))).listen(0, "127.0.0.1");
await once(server, "listening");
afterAll(async () => {
  server.close();
  await folder.remove();
});

/** As bytes: `fetch` would decompress them. */
async function get(asked: string, headers: Record<string, string> = {}, method = "GET") {
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: "127.0.0.1", port, path: asked, headers, method, agent: false }).end();
  const [response] = await once(sent, "response");
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode as number, headers: response.headers, body };
}

const asset = "/assets/app-1a2b.js";

it.each([
  ["gzip, deflate, br, zstd", "br"],
  ["br;q=0.5, gzip;q=0.5", "br"],
  ["gzip", "gzip"],
  ["gzip, br;q=0", "gzip"],
  ["gzip, br;q=0.2", "br"],
  ["*", "br"],
  ["identity", undefined],
  ["br;q=0, gzip;q=0", undefined],
  [undefined, undefined],
] as const)("who accepts %j gets what the build made: %j", async (accepted, encoding) => {
  const { status, headers, body } = await get(asset, accepted ? { "accept-encoding": accepted } : {});
  expect(status).toBe(200);
  expect(headers["content-encoding"]).toBe(encoding);
  const plain =
    encoding === "br" ? brotliDecompressSync(body) : encoding === "gzip" ? gunzipSync(body) : body;
  expect(plain.toString()).toBe(script);
  // Its own type and its own lifetime, and caches keep the forms apart.
  expect(headers["content-type"]).toMatch(/^text\/javascript/);
  expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  expect(headers.vary?.toLowerCase()).toContain("accept-encoding");
  // As it lies there: nothing is compressed at the request.
  if (encoding !== undefined) expect(Number(headers["content-length"])).toBe(body.length);
});

it("each form has its own tag, and is not sent again to who has it", async () => {
  const brotli = { "accept-encoding": "br" };
  const { headers } = await get(asset, brotli);
  const gzip = await get(asset, { "accept-encoding": "gzip" });
  expect(gzip.headers.etag).not.toBe(headers.etag);
  const again = await get(asset, { ...brotli, "if-none-match": headers.etag });
  expect([again.status, again.body.length]).toEqual([304, 0]);
});

it("what has a query, or is asked for by HEAD, is the same; what has no such form is compressed on its way", async () => {
  const brotli = { "accept-encoding": "br" };
  expect((await get("/widget.js?v=2", brotli)).headers["content-encoding"]).toBe("br");
  expect((await get("/widget.js", brotli)).headers["cross-origin-resource-policy"]).toBe("cross-origin");
  expect((await get(asset, brotli, "HEAD")).headers).toMatchObject({ "content-encoding": "br" });
  const late = await get("/assets/plain-1a2b.js", { "accept-encoding": "gzip" });
  expect(late.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(late.body).toString()).toBe(script);
  expect((await get("/assets/../assets/%2e%2e/index.html.br", brotli)).status).toBe(404);
});
