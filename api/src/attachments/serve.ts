import { pipeline } from "node:stream/promises";
import { CodedError } from "@parloir/contracts/errors.ts";
import { uuidPattern } from "@parloir/contracts/ids.ts";
import type { Log } from "@parloir/platform/log.ts";
import { findStoredFile, type StoredFile } from "@parloir/store/attachments.ts";
import type { Database } from "@parloir/store/database.ts";
import { create as contentDisposition } from "content-disposition";
import { type Request, type Response, Router } from "express";
import parseRange from "range-parser";
import { sendError } from "../route.ts";
import type { Links, Variant } from "./links.ts";
import { type Storage, thumbnailKey } from "./storage.ts";

/**
 * Hands files out to whoever has a signed link, from a path of their own. Nothing that is served here can act: it is
 * a download, of the type that we found and not one that a browser guesses, and as a page it would be in a sandbox.
 */
export function createFileServer(options: {
  database: Database;
  storage: Storage;
  links: Links;
  log: Log;
}): Router {
  const { database, storage, links, log } = options;
  const router = Router({ caseSensitive: true, strict: true });

  const answer = (variant: Variant) => async (request: Request, response: Response) => {
    try {
      const file = await find(request, variant);
      const sent = variant === "file" ? sendFile : sendThumbnail;
      await sent(storage, file, request, response);
    } catch (error) {
      // Who has gone needs no answer; a store that broke off in the middle has none left to give.
      if (response.headersSent || request.destroyed) response.destroy();
      else sendError(response, error, log);
    }
  };

  async function find(request: Request, variant: Variant): Promise<StoredFile> {
    const id = String(request.params.id);
    const { expires, signature } = request.query;
    const isSigned =
      typeof expires === "string" &&
      typeof signature === "string" &&
      uuidPattern.test(id) &&
      links.isValid(id, variant, expires, signature);
    if (!isSigned) throw new CodedError("FORBIDDEN", "the link is not valid, or not any more");
    const file = await findStoredFile(database, id);
    if (!file || (variant === "thumbnail" && !file.hasThumbnail)) throw notFound();
    return file;
  }

  router.get("/files/:id", answer("file"));
  router.get("/files/:id/thumbnail", answer("thumbnail"));
  return router;
}

async function sendFile(storage: Storage, file: StoredFile, request: Request, response: Response) {
  const { id, size } = file;
  setHeaders(response, request, { ...file, etag: `"${id}"` });
  response.setHeader("accept-ranges", "bytes");
  if (request.fresh) return void response.status(304).end();
  const range = wantedRange(request, id, size);
  if (range === "none") {
    response.setHeader("content-range", `bytes */${size}`);
    return void response.status(416).end();
  }
  if (range) {
    response.status(206).setHeader("content-range", `bytes ${range.start}-${range.end}/${size}`);
  }
  response.setHeader("content-length", range ? range.end - range.start + 1 : size);
  await stream(storage, id, range, request, response);
}

async function sendThumbnail(storage: Storage, file: StoredFile, request: Request, response: Response) {
  const { id } = file;
  const name = `${file.name.replace(/\.[^.]*$/, "")}.webp`;
  setHeaders(response, request, { name, mediaType: "image/webp", etag: `"${id}.thumbnail"` });
  if (request.fresh) return void response.status(304).end();
  await stream(storage, thumbnailKey(id), null, request, response);
}

function setHeaders(
  response: Response,
  request: Request,
  { name, mediaType, etag }: { name: string; mediaType: string; etag: string },
): void {
  const seconds = Math.max(Number(request.query.expires) - Math.ceil(Date.now() / 1_000), 0);
  response.setHeader("content-type", mediaType === "text/plain" ? "text/plain; charset=utf-8" : mediaType);
  response.setHeader("content-disposition", contentDisposition(name));
  response.setHeader("content-security-policy", "default-src 'none'; sandbox");
  response.setHeader("x-content-type-options", "nosniff");
  // A widget shows it on the host's page; the signature, not the origin, says who may.
  response.setHeader("cross-origin-resource-policy", "cross-origin");
  response.setHeader("cache-control", `private, max-age=${seconds}, immutable`);
  response.setHeader("etag", etag);
}

/** One range or none: of several the whole file is an allowed answer. "none" is wanted but not there. */
function wantedRange(request: Request, id: string, size: number) {
  const { range, "if-range": condition } = request.headers;
  if (range === undefined || (condition !== undefined && condition !== `"${id}"`)) return null;
  const ranges = parseRange(size, range);
  if (ranges === -1) return "none";
  const only = ranges !== -2 && ranges.type === "bytes" && ranges.length === 1 ? ranges[0] : undefined;
  return only ?? null;
}

async function stream(
  storage: Storage,
  key: string,
  range: { start: number; end: number } | null,
  request: Request,
  response: Response,
): Promise<void> {
  if (request.method === "HEAD") return void response.end();
  const bytes = await storage.open(key, range);
  if (!bytes) throw notFound();
  await pipeline(bytes, response);
}

function notFound(): CodedError {
  return new CodedError("NOT_FOUND", "no such attachment");
}
