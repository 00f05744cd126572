import { existsSync } from "node:fs";
import { join } from "node:path";
import compression from "compression";
import express, { type Response, Router } from "express";
import { createPrecompressed } from "./precompressed.ts";

/** Paths that the single-page application answers; anything else that is no file is 404. */
const pagePaths = ["/", "/sign-in", "/messages", /^\/(?:messages|admin|marketplace|portal|bank)(?:\/.*)?$/];
const year = "365d";

/**
 * The built pages. Assets carry a hash in their name and never change; the page itself is asked for anew.
 * @param embedders origins whose pages may hold the widget's frame
 */
export function createPages(webRoot: string | null, embedders: readonly string[]): Router {
  const router = Router();
  if (webRoot === null || !existsSync(join(webRoot, "index.html"))) return router;
  router.use(compression());
  router.get("/widget.js", (_request, response, next) => {
    // A script for pages of other sites.
    response.setHeader("cross-origin-resource-policy", "cross-origin");
    next();
  });
  router.use(createPrecompressed(webRoot));
  router.use(
    "/assets",
    express.static(join(webRoot, "assets"), { immutable: true, maxAge: year, index: false }),
  );
  router.get("/widget/", (_request, response) => {
    response.removeHeader("x-frame-options");
    response.setHeader("content-security-policy", framePolicy(response, embedders));
    response.setHeader("cache-control", "no-cache");
    response.sendFile("widget/index.html", { root: webRoot });
  });
  router.use(express.static(webRoot, { index: false, maxAge: "1h" }));
  router.get(pagePaths, (_request, response) => {
    response.setHeader("cache-control", "no-cache");
    // Under a root, because `send` refuses any absolute path that has a dotted folder in it.
    response.sendFile("index.html", { root: webRoot });
  });
  return router;
}

/** The policy of all pages, but that those who embed the widget may frame this one. */
function framePolicy(response: Response, embedders: readonly string[]): string {
  const policy = String(response.getHeader("content-security-policy"));
  return policy.replace(/frame-ancestors [^;]*/, ["frame-ancestors 'self'", ...embedders].join(" "));
}
