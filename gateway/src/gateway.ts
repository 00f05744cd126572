import { randomBytes } from "node:crypto";
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { CodedError } from "@parloir/contracts/errors.ts";
import { conversationOfRoom, rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import { createTokenVerifier } from "@parloir/platform/auth.ts";
import type { GatewayConfig } from "@parloir/platform/env.ts";
import { createHealth, type Health, isReady } from "@parloir/platform/health.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { createTokenBuckets } from "@parloir/platform/token-bucket.ts";
import { Server } from "socket.io";
import { type ApiClient, createApiClient } from "./api-client.ts";
import { createBatcher } from "./batcher.ts";
import { createClusterAdapter, type Intercept } from "./cluster-adapter.ts";
import { openConnection, prepareSocket } from "./connection.ts";
import type { GatewayContext, GatewayServer } from "./context.ts";
import { drainSockets } from "./drain.ts";
import { watchEventLoopLag } from "./event-loop-lag.ts";
import { createAdmission, identify, originAllowed, refusal } from "./handshake.ts";
import { startLooking } from "./looking.ts";
import { createReadMarks } from "./read-marks.ts";
import { createRooms } from "./rooms.ts";
import { createSequencer, type Sequencer } from "./sequencer.ts";
import { createSubscriptions } from "./subscriptions.ts";
import { textOnlyParser } from "./text-only-parser.ts";
import { startTips } from "./tips.ts";

export interface Gateway {
  /** Speaks Socket.IO, and answers `/balancer`, `/livez` and `/readyz`. */
  publicServer: HttpServer;
  health: Health;
  /** No new sessions from now on, then the sockets are sent elsewhere. */
  drain: () => Promise<void>;
  /** What was sent is answered; then everything is let go. */
  close: () => Promise<void>;
}

/** Within 5 s a send is acked or fails as retryable: the rest is for the way back. */
const sendBudgetMs = 4_500;
const readBudgetMs = 4_500;
/** A frame with the longest message in the widest characters still fits. */
const longestFrame = 16 * 1024;
const joinsBurst = 20;
const typingPerSecond = 2;
const balancerMs = 1_500;

export function createGateway(options: {
  config: GatewayConfig;
  publisher: RedisClient;
  subscriber: RedisClient;
  log: Log;
  metrics: Metrics;
}): Gateway {
  const { config, publisher, subscriber, log, metrics } = options;
  const { limits } = config;
  const api = createApiClient({ urls: config.apiUrls, secret: config.internalSecret, metrics });
  const health = createHealth({
    redis: () => (subscriber.status === "ready" && publisher.status === "ready" ? "ok" : "degraded"),
  });
  const publicServer = createServer((request, response) => void answerHttp(health, request, response));
  const io = createSocketServer(publicServer, config);
  const lag = watchEventLoopLag();
  const batchers = createBatchers(api);
  const sequencer = createRoomSequencer({ io, batchers, log, metrics });
  const subscriptions = createSubscriptions(subscriber, (error) =>
    log.warn({ err: error }, "a subscription failed"),
  );
  const rooms = createRooms({ io, subscriptions, sequencer, api, log });
  const looking = startLooking({
    redis: publisher,
    incarnation: `${config.nodeName}-${randomBytes(4).toString("hex")}`,
    log,
  });
  const tips = startTips({ subscriber, api, sequencer, log });
  const context: GatewayContext = {
    nodeName: config.nodeName,
    io,
    log,
    metrics,
    api,
    ...batchers,
    readMarks: createReadMarks(batchers.marks),
    sequencer,
    rooms,
    looking,
    verifyToken: createTokenVerifier(config.tokens),
    limits: {
      sends: createTokenBuckets(limits.sendsPerSecond, limits.sendBurst),
      events: createTokenBuckets(limits.eventsPerMinute / 60, limits.eventsPerMinute),
      joins: createTokenBuckets(limits.joinsPerMinute / 60, Math.max(joinsBurst, limits.joinsPerMinute)),
      typing: createTokenBuckets(limits.eventsPerMinute === 0 ? 0 : typingPerSecond, 2 * typingPerSecond),
    },
  };
  const intercept = interceptor(context);
  io.adapter(createClusterAdapter({ publisher, subscriptions, intercept }) as never);
  io.of("/").adapter.on("delete-room", (room: string) => {
    const id = conversationOfRoom(room);
    if (id !== undefined) sequencer.close(id);
  });
  const admission = createAdmission({
    limits,
    lag,
    sockets: () => io.of("/").sockets.size,
    isDraining: health.isDraining,
  });
  acceptConnections(context, config, admission.admit);
  watchGauges(io, sequencer, metrics);

  return {
    publicServer,
    health,
    async drain() {
      health.draining();
      await drainSockets({ io, drainMs: config.drainMs, balancerMs, log });
    },
    async close() {
      await Promise.all([batchers.sends.drained(), context.readMarks.drained()]);
      lag.stop();
      tips.stop();
      sequencer.stop();
      await looking.stop();
      await io.close();
      await api.close();
    },
  };
}

function createSocketServer(httpServer: HttpServer, config: GatewayConfig): GatewayServer {
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
      const allowed = originAllowed(request, config.allowedOrigins);
      decide(allowed ? null : "origin not allowed", allowed);
    },
  });
  // The balancer routes a session by this prefix: stickiness without a cookie.
  io.engine.generateId = () => `${config.nodeName}.${randomBytes(15).toString("base64url")}`;
  return io;
}

function createBatchers(api: ApiClient) {
  const { lanes } = api;
  return {
    sends: createBatcher({ route: "send", api, lanes, maxItems: 200, budgetMs: sendBudgetMs }),
    marks: createBatcher({ route: "marks", api, lanes, maxItems: 200, budgetMs: sendBudgetMs }),
    reads: createBatcher({ route: "read", api, lanes: 2 * lanes, maxItems: 100, budgetMs: readBudgetMs }),
    sessions: createBatcher({ route: "sessions", api, lanes, maxItems: 100, budgetMs: readBudgetMs }),
  };
}

function createRoomSequencer(options: {
  io: GatewayServer;
  batchers: ReturnType<typeof createBatchers>;
  log: Log;
  metrics: Metrics;
}): Sequencer {
  const { io, batchers, log, metrics } = options;
  const delivery = metrics.get("parloir_delivery_seconds");
  return createSequencer({
    read: (conversationId, after, limit) =>
      batchers.reads.submit(conversationId, { conversationId, userId: null, after, limit }),
    deliver(conversationId, message) {
      io.local.to(roomNames.conversation(conversationId)).emit("new_message", message);
      delivery.observe(Math.max(0, Date.now() - Date.parse(message.createdAt)) / 1_000);
    },
    resync: (conversationId, reason) =>
      void io.local.to(roomNames.conversation(conversationId)).emit("resync", { reason }),
    log,
    metrics,
  });
}

/** Which events from elsewhere pass through a part of ours instead of straight to the sockets. */
function interceptor({ sequencer, rooms, io, log }: GatewayContext): Intercept {
  return (room, event, payload) => {
    if (event === "new_message" && conversationOfRoom(room) !== undefined) {
      sequencer.push(payload as Message);
      return true;
    }
    const userPrefix = roomNames.user("");
    if (!room.startsWith(userPrefix)) return false;
    const { conversationId } = payload as { conversationId: string };
    const userId = room.slice(userPrefix.length);
    if (event === "conversation_removed") rooms.forgetHead(userId, conversationId);
    if (event !== "conversation_added") return false;
    rooms
      .joinPerson(userId, conversationId)
      .then(() => io.local.to(room).emit("conversation_added", { conversationId }))
      .catch((error: unknown) => log.error({ err: error }, "joining a new conversation failed"));
    return true;
  };
}

function acceptConnections(gateway: GatewayContext, config: GatewayConfig, admit: () => void): void {
  const { io, log } = gateway;
  const handshakes = gateway.metrics.get("parloir_handshakes_total");
  io.use(async (socket, next) => {
    try {
      admit();
      const identity = await identify(socket, gateway.verifyToken);
      refuseTooMany(io, identity.userId, config.limits.socketsPerUser);
      const { userId, role, name, email } = identity;
      const session = await gateway.sessions.submit(userId, { userId, role, name, email });
      prepareSocket(socket, identity, session);
      handshakes.inc({ outcome: "ok" });
      next();
    } catch (error) {
      const coded = error instanceof CodedError ? error : new CodedError("INTERNAL", "an internal error");
      if (coded !== error) log.error({ err: error }, "a handshake failed");
      handshakes.inc({ outcome: coded.code });
      next(refusal(coded));
    }
  });
  io.on("connection", (socket) => openConnection(gateway, socket));
}

function refuseTooMany(io: GatewayServer, userId: string, limit: number): void {
  const open = io.of("/").adapter.rooms.get(roomNames.user(userId))?.size ?? 0;
  if (limit > 0 && open >= limit) throw new CodedError("RATE_LIMITED", "too many connections of one person");
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

function watchGauges(io: GatewayServer, sequencer: Sequencer, metrics: Metrics): void {
  const sockets = metrics.get("parloir_sockets");
  const open = metrics.get("parloir_rooms");
  Object.assign(sockets, { collect: () => sockets.set(io.of("/").sockets.size) });
  Object.assign(open, { collect: () => open.set(sequencer.conversations().length) });
}
