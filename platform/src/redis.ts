import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { Log } from "./log.ts";

/** The only place that builds Redis clients. Each option names the incident it prevents. */

export type { Redis } from "ioredis";
export type RedisClient = Redis | Cluster;

export interface RedisEndpoint {
  /** Of a cluster some of its nodes, separated by commas; all have the password of the first. */
  url: string;
  cluster: boolean;
}

/** A Redis whose master Sentinels know; the url then only says with which password. */
export interface QueueEndpoint {
  url: string;
  sentinels?: Sentinels | null;
}

export interface Sentinels {
  nodes: { host: string; port: number }[];
  master: string;
  /** Of the Sentinels themselves. */
  password: string | null;
}

/**
 * A connection that owes an answer for so long is given up. A network that drops packets without a word (a firewall
 * that forgot the connection) leaves it looking alive for a quarter of an hour, until TCP itself gives up.
 */
const silentMs = 10_000;

type ClientOptions = Omit<RedisOptions, "replyMapping">;

const reconnect = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);

/**
 * For publishing and other commands that are worthless late.
 * Fails fast: without `enableOfflineQueue: false` a dead Redis turns every publish into a promise that pends for
 * minutes and then floods the clients with what is long stale.
 */
export function createPublisherClient(endpoint: RedisEndpoint, log: Log): RedisClient {
  return connect(endpoint, log, "publisher", {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 500,
    socketTimeout: silentMs,
    // One write for all the publishes of a batch; in a cluster, one per node.
    enableAutoPipelining: true,
  });
}

/**
 * For subscriptions. Commands wait for the connection, however long: a lost `ssubscribe` would be a room that is
 * deaf until its last member leaves.
 */
export function createSubscriberClient(endpoint: RedisEndpoint, log: Log): RedisClient {
  return connect(endpoint, log, "subscriber", { maxRetriesPerRequest: null, socketTimeout: silentMs });
}

/** For adding jobs: gives up soon, because the relay holds a database transaction open meanwhile. */
export function createQueueProducerClient(endpoint: QueueEndpoint, log: Log): Redis {
  const options = {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 5_000,
    socketTimeout: silentMs,
  };
  return watched(single(endpoint, "queue producer", options), log, "queue producer");
}

/** For BullMQ's workers, which demand `maxRetriesPerRequest: null` of blocking connections. */
export function createQueueConsumerClient(endpoint: QueueEndpoint, log: Log): Redis {
  return watched(single(endpoint, "queue consumer", { maxRetriesPerRequest: null }), log, "queue consumer");
}

function connect(endpoint: RedisEndpoint, log: Log, purpose: string, options: ClientOptions): RedisClient {
  if (!endpoint.cluster) return watched(single(endpoint, purpose, options), log, purpose);
  return watched(clustered(endpoint.url, options), log, purpose);
}

function single({ url, sentinels }: QueueEndpoint, purpose: string, options: ClientOptions): Redis {
  const all = { ...options, retryStrategy: reconnect, connectionName: `parloir-${purpose}` };
  if (!sentinels) return new Redis(url, all);
  return new Redis({
    ...all,
    ...credentialsOf(url),
    sentinels: sentinels.nodes,
    name: sentinels.master,
    ...(sentinels.password === null ? {} : { sentinelPassword: sentinels.password }),
    sentinelRetryStrategy: reconnect,
    // A connection to a master that was frozen, and then replaced, would otherwise be kept when it thaws.
    failoverDetector: true,
  });
}

/** Long enough not to matter, short enough that a replaced node which still looks alive is noticed. */
const topologyMs = 2_000;

function clustered(urls: string, options: ClientOptions): Cluster {
  const { enableOfflineQueue = true, enableAutoPipelining = false, ...perNode } = options;
  return new Cluster(urls.split(","), {
    // Without this a sharded subscriber of a Redis Cluster receives nothing at all.
    shardedSubscribers: true,
    enableOfflineQueue,
    clusterRetryStrategy: reconnect,
    enableAutoPipelining,
    slotsRefreshInterval: topologyMs,
    // Nodes that the cluster names come without a password.
    redisOptions: { ...perNode, ...credentialsOf(urls.split(",")[0]!) },
  });
}

function credentialsOf(url: string): ClientOptions {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" ? { tls: {} } : {}),
  };
}

function watched<Client extends RedisClient>(client: Client, log: Log, purpose: string): Client {
  let failing = false;
  // Without an error listener a refused connection ends the process. Logged once per outage, not per attempt.
  client.on("error", (error: Error) => {
    if (!failing) log.warn({ err: error, purpose }, "redis is not reachable");
    failing = true;
  });
  client.on("ready", () => {
    if (failing) log.info({ purpose }, "redis is back");
    failing = false;
  });
  return client;
}

/** Resolves with true once the client can take commands, with false after `timeoutMs`: the caller goes on degraded. */
export function untilReady(client: RedisClient, timeoutMs: number): Promise<boolean> {
  if (client.status === "ready") return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (ready: boolean) => {
      clearTimeout(timer);
      client.off("ready", onReady);
      resolve(ready);
    };
    const onReady = () => finish(true);
    const timer = setTimeout(() => finish(false), timeoutMs);
    client.on("ready", onReady);
  });
}

/** Ends a client without waiting for a server that may be gone. */
export function closeRedis(client: RedisClient): void {
  client.disconnect();
}
