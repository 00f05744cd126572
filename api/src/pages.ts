import { existsSync } from "node:fs";
import { join } from "node:path";
import compression from "compression";
import express, { Router } from "express";

/** Paths that the single-page application answers; anything else that is no file is 404. */
const pagePaths = ["/", "/sign-in", "/messages", /^\/(?:messages|admin|marketplace|portal|bank)(?:\/.*)?$/];
const year = "365d";

/** The built pages. Assets carry a hash in their name and never change; the page itself is asked for anew. */
export function createPages(webRoot: string | null): Router {
  const router = Router();
  if (webRoot === null || !existsSync(join(webRoot, "index.html"))) return router;
  router.use(compression());
  router.use(
    "/assets",
    express.static(join(webRoot, "assets"), { immutable: true, maxAge: year, index: false }),
  );
  router.use(express.static(webRoot, { index: false, maxAge: "1h" }));
  router.get(pagePaths, (_request, response) => {
    response.setHeader("cache-control", "no-cache");
    // Under a root, because `send` refuses any absolute path that has a dotted folder in it.
    response.sendFile("index.html", { root: webRoot });
  });
  return router;
}
