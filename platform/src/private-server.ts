import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { InternalRequest, InternalResponse, InternalRoute } from "@parloir/contracts/internal.ts";
import { bearerOf, sameSecret } from "./auth.ts";
import { type Health, isReady } from "./health.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/**
 * The private port of a process: `/livez`, `/readyz`, `/metrics`, and the api's `/internal/*` routes behind the
 * shared secret. Plain node:http, because the batch route is the hot path of the cluster: measured, Express adds
 * about as much CPU to such a call as the rest of its handling.
 */
export type InternalHandlers = {
  [R in InternalRoute]: (request: InternalRequest<R>) => Promise<InternalResponse<R>>;
};

export interface PrivateServerOptions {
  log: Log;
  metrics: Metrics;
  health: Health;
  internal?: { secret: string; handlers: InternalHandlers };
  /** Pages below a path, which let in whom they know. */
  board?: { path: string; listener: RequestListener } | undefined;
}

const longestInternalBody = 16 * 1024 * 1024;

export function createPrivateServer(options: PrivateServerOptions): Server {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      // A Postgres that does not answer is no fault of ours: the gateway asks again, or its caller does.
      const isAway = error instanceof CodedError && error.code === "UNAVAILABLE";
      options.log[isAway ? "warn" : "error"]({ err: error, url: request.url }, "private request failed");
      if (!response.headersSent)
        reply(response, isAway ? 503 : 500, { code: isAway ? "UNAVAILABLE" : "INTERNAL" });
      else response.destroy();
    });
  });
  // Gateways keep their connections: closing idle ones under their feet would race with the next call.
  server.keepAliveTimeout = 75_000;
  return server;
}

async function answer(options: PrivateServerOptions, request: IncomingMessage, response: ServerResponse) {
  const path = request.url ?? "/";
  if (path === "/livez") return reply(response, 200, { status: "alive" });
  if (path === "/readyz") {
    const report = await options.health.report();
    return reply(response, isReady(report) ? 200 : 503, report);
  }
  if (path === "/metrics") {
    response.writeHead(200, { "content-type": options.metrics.registry.contentType });
    response.end(await options.metrics.registry.metrics());
    return;
  }
  const { board } = options;
  if (board && (path === board.path || path.startsWith(`${board.path}/`)))
    return board.listener(request, response);
  const handlers = options.internal?.handlers;
  const route = path.startsWith("/internal/") ? path.slice("/internal/".length) : "";
  if (!options.internal || !handlers || !Object.hasOwn(handlers, route)) {
    return reply(response, 404, { code: "NOT_FOUND" });
  }
  if (request.method !== "POST") return reply(response, 405, { code: "METHOD_NOT_ALLOWED" });
  const token = bearerOf(request.headers.authorization);
  if (token === null || !sameSecret(token, options.internal.secret)) {
    return reply(response, 401, { code: "UNAUTHENTICATED" });
  }
  const body = await readJson(request);
  const handler = handlers[route as InternalRoute] as (body: unknown) => Promise<unknown>;
  reply(response, 200, await handler(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestInternalBody) throw new Error("an internal request is too large");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** Listens and answers with the port in use, which the OS chose when `port` is 0. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

const idleCheckMs = 50;
const longestCloseMs = 5_000;

/** Stops accepting, lets what runs finish, and cuts idle keep-alive connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A kept connection on which requests keep coming never falls idle: an api that served 100 messages/s ran into
    // its deadline of 15 s. From now on every answer ends its connection, and the caller goes elsewhere.
    server.prependListener("request", (_request, response) => response.setHeader("connection", "close"));
    const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
    const limit = setTimeout(() => server.closeAllConnections(), longestCloseMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(limit);
      resolve();
    });
    server.closeIdleConnections();
  });
}
