import { CodedError } from "@parloir/contracts/errors.ts";
import { type Health, isReady } from "@parloir/platform/health.ts";
import type { Log } from "@parloir/platform/log.ts";
import cors from "cors";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import helmet from "helmet";
import { boundBodies } from "./bodies.ts";
import { sendError } from "./route.ts";

const longestBody = 32 * 1024;

/** The public HTTP application: security headers, bodies, health, the routes, the pages, and one error answer. */
export function createApp(options: {
  routes: RequestHandler;
  /** Hands out uploaded files. */
  files: RequestHandler;
  docs: RequestHandler;
  /** What would have been sent by e-mail; only in development. */
  mailbox: RequestHandler | null;
  pages: RequestHandler;
  health: Health;
  allowedOrigins: string[];
  trustedProxies: string[];
  log: Log;
}): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.set("trust proxy", options.trustedProxies);
  // `a[b]=1` stays a plain, unknown key instead of becoming an object.
  app.set("query parser", "simple");
  app.use(
    helmet({ contentSecurityPolicy: { directives: contentSecurity }, crossOriginEmbedderPolicy: false }),
  );
  app.get("/livez", (_request, response) => void response.json({ status: "alive" }));
  app.get("/readyz", async (_request, response) => {
    const report = await options.health.report();
    response.status(isReady(report) ? 200 : 503).json({ status: report.status });
  });
  app.use(options.docs);
  if (options.mailbox) app.use(options.mailbox);
  const crossOrigin = cors({ origin: options.allowedOrigins, maxAge: 600 });
  app.use(boundBodies(({ method, path }) => method === "POST" && path === "/api/attachments"));
  app.use("/files", crossOrigin);
  app.use(options.files);
  app.use("/api", noStore, crossOrigin);
  app.use("/api", express.json({ limit: longestBody, strict: true, inflate: false }));
  app.use(options.routes);
  app.use("/api", (_request, response) =>
    sendError(response, new CodedError("NOT_FOUND", "no such route"), options.log),
  );
  app.use(options.pages);
  app.use((_request, response) => void response.status(404).type("text/plain").send("Not found\n"));
  app.use(errorHandler(options.log));
  return app;
}

const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader("cache-control", "no-store");
  next();
};

/** Sockets go to whichever gateway the balancer names, on the same origin; nothing is loaded from elsewhere. */
const contentSecurity = {
  "default-src": ["'self'"],
  "connect-src": ["'self'", "ws:", "wss:"],
  "img-src": ["'self'", "data:", "blob:", "https:"],
  "media-src": ["'self'", "blob:"],
  "style-src": ["'self'", "'unsafe-inline'"],
  "script-src": ["'self'"],
  "object-src": ["'none'"],
  "frame-ancestors": ["'self'"],
  // The local cluster is plain http: browsers must not be told to upgrade.
  "upgrade-insecure-requests": null,
};

/** What Express and the body parser refuse, in our codes. */
function errorHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const status =
      typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
    if (status === 413) return sendError(response, new CodedError("TOO_LARGE", "the body is too large"), log);
    if (status === 415)
      return sendError(response, new CodedError("UNSUPPORTED", "the encoding is not supported"), log);
    if (typeof status === "number" && status >= 400 && status < 500) {
      return sendError(response, new CodedError("INVALID", "the request cannot be read"), log);
    }
    sendError(response, error, log);
  };
}
