import { hostname } from "node:os";
import type { RetentionPolicy } from "@parloir/contracts/privacy.ts";
import { type AttachmentConfig, attachments } from "./env-attachments.ts";
import { type CallConfig, calls } from "./env-calls.ts";
import {
  type DatabaseConfig,
  type DirectDatabaseConfig,
  database,
  directDatabase,
  replicaUrls,
} from "./env-database.ts";
import { allowedNetworks, type DeliveryConfig, deliveries } from "./env-deliveries.ts";
import { queueRedis, roomsRedis } from "./env-redis.ts";
import { type TracingConfig, tracing } from "./env-tracing.ts";
import { type Reader, read, type Source, shortestSecret } from "./environment-reader.ts";
import { isNetwork } from "./networks.ts";
import type { QueueEndpoint, RedisEndpoint } from "./redis.ts";

/**
 * The only file that reads `process.env`. Every process asks for its own configuration; all problems are reported
 * at once, because a deploy that fails five times for five variables is five deploys.
 */

export type ProcessRole = "gateway" | "api" | "worker" | "migrate";

export interface CommonConfig {
  production: boolean;
  nodeName: string;
  host: string;
  privateHost: string;
  privatePort: number;
  logLevel: string;
  /** For rooms. */
  redis: RedisEndpoint;
  /** Null: no traces are exported. */
  tracing: TracingConfig | null;
}

export interface TokenConfig {
  secret: string | null;
  jwksUrl: string | null;
  issuer: string;
  audience: string;
}

export interface Limits {
  sendsPerSecond: number;
  sendBurst: number;
  eventsPerMinute: number;
  joinsPerMinute: number;
  typingPerSecond: number;
  heartbeatsPerSecond: number;
  callsPerMinute: number;
  signalsPerSecond: number;
  openRequestsPerSecond: number;
  channelEventsPerSecond: number;
  socketsPerUser: number;
  readsPerSecond: number;
  signInFailures: number;
  keyRequestsPerSecond: number;
  exportsPerHour: number;
  connectsPerSecond: number;
  maxSockets: number;
  eventLoopLagMs: number;
}

export interface GatewayConfig extends CommonConfig {
  port: number;
  apiUrls: string[];
  internalSecret: string;
  allowedOrigins: string[];
  /** Whose X-Forwarded-For is believed, as Express names them. */
  trustedProxies: string[];
  tokens: TokenConfig;
  limits: Limits;
  drainMs: number;
  /** Between two rounds of the canary; 0 switches it off. */
  canaryMs: number;
}

export interface ApiConfig extends CommonConfig, DatabaseConfig {
  port: number;
  /** Replicas of the database, which may answer what only reads. */
  databaseReplicaUrls: string[];
  internalSecret: string;
  serverKey: string;
  allowedOrigins: string[];
  /** Whose X-Forwarded-For is believed, as Express names them. */
  trustedProxies: string[];
  tokens: TokenConfig;
  limits: Limits;
  /** A block refuses the sends of both; else only of who was blocked. */
  blocksBothWays: boolean;
  /** Anybody may find anybody by name; else only agents may, and others those with whom they share a conversation. */
  everyoneIsFound: boolean;
  attachments: AttachmentConfig;
  calls: CallConfig;
  webRoot: string | null;
  demoAccounts: boolean;
  /** People may sign in with e-mail and password. */
  passwordSignIn: boolean;
  /** There is a page with what would have been sent by e-mail: in development. */
  mailbox: boolean;
  /** Besides public addresses, what webhooks may lead to. */
  outboundNetworks: string[];
}

export interface WorkerConfig extends CommonConfig, DatabaseConfig {
  queueRedis: QueueEndpoint;
  retention: RetentionPolicy;
  deliveries: DeliveryConfig;
  /** Null: there is no board. */
  queueBoardPassword: string | null;
}

export type MigrateConfig = DirectDatabaseConfig;

export function readGatewayConfig(source: Source = process.env): GatewayConfig {
  return read(source, (env) => ({
    ...common(env),
    port: env.number("PORT", 3001),
    apiUrls: env.urls("API_URLS", "http://127.0.0.1:4100"),
    internalSecret: env.secret("INTERNAL_SECRET"),
    allowedOrigins: allowedOrigins(env),
    trustedProxies: trustedProxies(env),
    tokens: tokens(env),
    limits: limits(env),
    drainMs: env.number("DRAIN_MS", 20_000),
    canaryMs: env.number("CANARY_MS", 2_000),
  }));
}

export function readApiConfig(source: Source = process.env): ApiConfig {
  return read(source, (env) => ({
    ...common(env),
    ...database(env),
    port: env.number("PORT", 4000),
    databaseReplicaUrls: replicaUrls(env),
    internalSecret: env.secret("INTERNAL_SECRET"),
    serverKey: env.secret("SERVER_KEY"),
    allowedOrigins: allowedOrigins(env),
    trustedProxies: trustedProxies(env),
    tokens: tokens(env),
    limits: limits(env),
    blocksBothWays: env.oneOf("BLOCKS_REFUSE", ["both", "blocked"], "both") === "both",
    everyoneIsFound: env.oneOf("PEOPLE_DIRECTORY", ["contacts", "everyone"], "contacts") === "everyone",
    attachments: attachments(env),
    calls: calls(env),
    webRoot: env.optional("WEB_ROOT"),
    passwordSignIn: passwordSignIn(env),
    mailbox: env.flag("MAILBOX_PAGE", !env.production, "the mailbox page exists only in development"),
    outboundNetworks: allowedNetworks(env),
    demoAccounts: env.flag("DEMO_ACCOUNTS", false, "demo accounts exist only in development"),
  }));
}

export function readWorkerConfig(source: Source = process.env): WorkerConfig {
  return read(source, (env) => {
    const base = common(env);
    return {
      ...base,
      ...database(env),
      queueRedis: queueRedis(env, base.redis),
      retention: retention(env),
      deliveries: deliveries(env),
      queueBoardPassword: queueBoardPassword(env),
    };
  });
}

export function readMigrateConfig(source: Source = process.env): MigrateConfig {
  return read(source, directDatabase);
}

/** `0` keeps for ever. */
function retention(env: Reader): RetentionPolicy {
  const days = (name: string) => env.number(name, 0) || null;
  return {
    messages: days("RETAIN_MESSAGES_DAYS"),
    closedConversations: days("RETAIN_CLOSED_DAYS"),
    notifications: days("RETAIN_NOTIFICATIONS_DAYS"),
    audit: days("RETAIN_AUDIT_DAYS"),
    everyMinutes: env.number("RETENTION_EVERY_MINUTES", 60) || 60,
  };
}

function common(env: Reader): CommonConfig {
  return {
    production: env.production,
    nodeName: env.name("NODE_NAME", hostname().replace(/[^A-Za-z0-9_-]/g, "-")),
    host: env.text("HOST", env.production ? "0.0.0.0" : "127.0.0.1"),
    privateHost: env.text("PRIVATE_HOST", env.text("HOST", env.production ? "0.0.0.0" : "127.0.0.1")),
    privatePort: env.number("PRIVATE_PORT", 9100),
    logLevel: env.oneOf("LOG_LEVEL", ["fatal", "error", "warn", "info", "debug", "trace", "silent"], "info"),
    redis: roomsRedis(env),
    tracing: tracing(env),
  };
}

function tokens(env: Reader): TokenConfig {
  const jwksUrl = env.optional("JWKS_URL");
  if (jwksUrl !== null && env.optional("JWT_SECRET") !== null) {
    env.problem("JWT_SECRET and JWKS_URL exclude each other: one issuer signs with one kind of key");
  }
  return {
    secret: jwksUrl === null ? env.secret("JWT_SECRET") : null,
    jwksUrl: jwksUrl === null ? null : env.url("JWKS_URL", ""),
    issuer: env.text("JWT_ISSUER", "parloir"),
    audience: env.text("JWT_AUDIENCE", "parloir"),
  };
}

/** Who knows it may look into jobs and start them again. */
function queueBoardPassword(env: Reader): string | null {
  const password = env.optional("QUEUE_BOARD_PASSWORD");
  if (password !== null && password.length < shortestSecret && env.production)
    env.problem(`QUEUE_BOARD_PASSWORD must have at least ${shortestSecret} characters`);
  return password ?? (env.production ? null : "dev-queue-board");
}

/** `0` switches a limit off. */
function limits(env: Reader): Limits {
  return {
    sendsPerSecond: env.number("LIMIT_SENDS_PER_SECOND", 5),
    sendBurst: env.number("LIMIT_SEND_BURST", 20),
    eventsPerMinute: env.number("LIMIT_EVENTS_PER_MINUTE", 120),
    joinsPerMinute: env.number("LIMIT_JOINS_PER_MINUTE", 20),
    typingPerSecond: env.number("LIMIT_TYPING_PER_SECOND", 2),
    heartbeatsPerSecond: env.number("LIMIT_HEARTBEATS_PER_SECOND", 1),
    callsPerMinute: env.number("LIMIT_CALLS_PER_MINUTE", 10),
    signalsPerSecond: env.number("LIMIT_SIGNALS_PER_SECOND", 20),
    openRequestsPerSecond: env.number("LIMIT_OPEN_REQUESTS_PER_SECOND", 20),
    channelEventsPerSecond: env.number("LIMIT_CHANNEL_EVENTS_PER_SECOND", 50),
    socketsPerUser: env.number("LIMIT_SOCKETS_PER_USER", 10),
    signInFailures: env.number("LIMIT_SIGN_IN_FAILURES", 5),
    readsPerSecond: env.number("LIMIT_READS_PER_SECOND", 200),
    exportsPerHour: env.number("LIMIT_EXPORTS_PER_HOUR", 5),
    keyRequestsPerSecond: env.number("LIMIT_KEY_REQUESTS_PER_SECOND", 2_000),
    connectsPerSecond: env.number("LIMIT_CONNECTS_PER_SECOND", 500),
    maxSockets: env.number("LIMIT_SOCKETS", 20_000),
    eventLoopLagMs: env.number("LIMIT_EVENT_LOOP_LAG_MS", 200),
  };
}

/** Origins whose pages may open sockets and call the api besides the cluster's own; `PUBLIC_URL` is always one. */
function allowedOrigins(env: Reader): string[] {
  const own = env.optional("PUBLIC_URL");
  const listed = env.list("ALLOWED_ORIGINS");
  const origins: string[] = [];
  for (const entry of own === null ? listed : [own, ...listed]) {
    if (URL.canParse(entry)) origins.push(new URL(entry).origin);
    else env.problem(`ALLOWED_ORIGINS: "${entry}" is not an origin such as https://example.org`);
  }
  return origins;
}

/** Its tokens are our own: with an outside issuer there is nothing to sign them with. */
function passwordSignIn(env: Reader): boolean {
  const hasIssuer = env.optional("JWKS_URL") !== null;
  const wanted = env.flag("PASSWORD_SIGN_IN", !env.production && !hasIssuer);
  if (wanted && hasIssuer) env.problem("PASSWORD_SIGN_IN and JWKS_URL exclude each other");
  return wanted;
}

/** The balancer replaces X-Forwarded-For by what it sees; from anybody else the header is what they say of themselves. */
function trustedProxies(env: Reader): string[] {
  const listed = env.list("TRUSTED_PROXIES");
  const proxies = listed.length > 0 ? listed : env.production ? ["loopback", "uniquelocal"] : ["loopback"];
  for (const proxy of proxies) {
    const isNamed = ["loopback", "linklocal", "uniquelocal"].includes(proxy);
    if (!isNamed && !isNetwork(proxy)) env.problem(`TRUSTED_PROXIES: "${proxy}" is no address or network`);
  }
  return proxies;
}
