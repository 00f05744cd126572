import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { closeServer, listen } from "@parloir/platform/private-server.ts";

/**
 * What of S3 the store asks for: put, get (also a range) and delete of one object, each with a signature of version 4
 * that is computed anew here. Anything else, and anything signed with another key, is refused as S3 refuses it.
 */
export async function startS3({ bucket, accessKeyId, secretAccessKey }: S3PeerOptions) {
  const objects = new Map<string, Buffer>();
  /** Instead of an answer, while it is set. */
  let failing: { status: number; code: string } | null = null;

  const server = createServer((request, response) => {
    void readAll(request).then((body) => answer(request, body, response));
  });

  function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? "/", "http://s3");
    const key = pathname.slice(bucket.length + 2);
    const object = objects.get(key);
    if (failing) refuse(response, failing.status, failing.code);
    else if (!isSigned(request, body, accessKeyId, secretAccessKey))
      refuse(response, 403, "SignatureDoesNotMatch");
    else if (!pathname.startsWith(`/${bucket}/`)) refuse(response, 404, "NoSuchBucket");
    else if (request.method === "PUT") {
      objects.set(key, body);
      response.writeHead(200, { etag: '"x"' }).end();
    } else if (request.method === "DELETE") {
      objects.delete(key);
      response.writeHead(204).end();
    } else if (request.method === "GET" && object) {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
      if (from === undefined) response.writeHead(200, { "content-length": object.length }).end(object);
      else response.writeHead(206).end(object.subarray(Number(from), Number(to) + 1));
    } else refuse(response, 404, "NoSuchKey");
  }

  const port = await listen(server, 0, "127.0.0.1");
  return {
    url: `http://127.0.0.1:${port}`,
    objects,
    fail(how: { status: number; code: string } | null) {
      failing = how;
    },
    stop: () => closeServer(server),
  };
}

interface S3PeerOptions {
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

/** AWS Signature Version 4, from its specification. */
function isSigned(request: IncomingMessage, body: Buffer, accessKeyId: string, secret: string): boolean {
  const [, id, scope, names, given] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(
      request.headers.authorization ?? "",
    ) ?? [];
  if (id !== accessKeyId || scope === undefined || names === undefined) return false;
  const claimed = String(request.headers["x-amz-content-sha256"]);
  if (claimed !== "UNSIGNED-PAYLOAD" && claimed !== sha256(body)) return false;
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://s3");
  const query = [...searchParams].map((pair) => pair.map(encodeURIComponent).join("=")).sort();
  const headers = names.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, pathname, query.join("&"), headers.join(""), names, claimed].join("\n");
  const time = String(request.headers["x-amz-date"]);
  const toSign = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secret}`);
  return hmac(key, toSign).toString("hex") === given;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
