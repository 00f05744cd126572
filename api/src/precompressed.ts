import { readdirSync } from "node:fs";
import { extname, sep } from "node:path";
import type { RequestHandler } from "express";

/** As the build names them, the smaller one first. */
const endings = { br: ".br", gzip: ".gz" } as const;

/**
 * Leads whoever takes it to the compressed form of a file that the build has left beside it; to be mounted before what
 * serves the files of `root`. What has none goes on as it is.
 */
export function createPrecompressed(root: string): RequestHandler {
  const present = new Set(
    readdirSync(root, { recursive: true, encoding: "utf8" }).map((file) => `/${file.split(sep).join("/")}`),
  );
  const encodingsOf = (path: string) =>
    (["br", "gzip"] as const).filter((encoding) => present.has(path + endings[encoding]));

  return (request, response, next) => {
    const { path } = request;
    const encodings = encodingsOf(path);
    if (encodings.length === 0) return next();
    // Also with the plain form: a cache must not hand out the other one in its place, or this one to all.
    response.vary("accept-encoding");
    // The smallest that is welcome at all: browsers list them by their age. Without a wish the plain form.
    const chosen = encodings.find((encoding) => request.acceptsEncodings(encoding) !== false);
    if (!chosen) return next();
    response.type(extname(path));
    response.setHeader("content-encoding", chosen);
    request.url = request.url.replace(path, path + endings[chosen]);
    next();
  };
}
