import { randomBytes } from "node:crypto";
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { GatewayConfig } from "@parloir/platform/env.ts";
import { type Health, isReady } from "@parloir/platform/health.ts";
import { originAllowed } from "@parloir/platform/origins.ts";
import { Server } from "socket.io";
import { coalesceWrites } from "./coalesce-writes.ts";
import type { GatewayServer } from "./context.ts";
import { textOnlyParser } from "./text-only-parser.ts";

/** A frame with the longest message in the widest characters still fits. */
const longestFrame = 16 * 1024;

/** Socket.IO with the bounds that keep a hostile client to its own connection. */
export function createSocketServer(httpServer: HttpServer, config: GatewayConfig): GatewayServer {
  const io: GatewayServer = new Server(httpServer, {
    parser: textOnlyParser,
    serveClient: false,
    maxHttpBufferSize: longestFrame,
    // A handshake that never sends CONNECT, or never passes the middlewares, is closed.
    connectTimeout: 10_000,
    pingInterval: 25_000,
    pingTimeout: 20_000,
    perMessageDeflate: false,
    httpCompression: false,
    cors: { origin: config.allowedOrigins },
    allowRequest: (request, decide) => {
      const allowed = originAllowed(request.headers, config.allowedOrigins);
      decide(allowed ? null : "origin not allowed", allowed);
    },
  });
  // The balancer routes a session by this prefix: stickiness without a cookie.
  io.engine.generateId = () => `${config.nodeName}.${randomBytes(15).toString("base64url")}`;
  coalesceWrites(io);
  return io;
}

/** The public port: what is not Socket.IO's are three paths for balancers and orchestrators. */
export function createPublicServer(health: Health): HttpServer {
  return createServer((request, response) => void answerHttp(health, request, response));
}

async function answerHttp(health: Health, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "/";
  const reply = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  // 404 is HAProxy's «drain»: sessions stay, new ones go elsewhere.
  if (path === "/balancer") return reply(health.isDraining() ? 404 : 200, {});
  if (path === "/livez") return reply(200, { status: "alive" });
  if (path !== "/readyz") return reply(404, {});
  const report = await health.report();
  reply(isReady(report) ? 200 : 503, { status: report.status });
}
