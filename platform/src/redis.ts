import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { Log } from "./log.ts";

/** The only place that builds Redis clients. Each option names the incident it prevents. */

export type { Redis } from "ioredis";
export type RedisClient = Redis | Cluster;

export interface RedisEndpoint {
  url: string;
  cluster: boolean;
}

/**
 * A connection that owes an answer for so long is given up. A network that drops packets without a word (a firewall
 * that forgot the connection) leaves it looking alive for a quarter of an hour, until TCP itself gives up.
 */
const silentMs = 10_000;

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
export function createQueueProducerClient(url: string, log: Log): Redis {
  return connect({ url, cluster: false }, log, "queue producer", {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 5_000,
    socketTimeout: silentMs,
  }) as Redis;
}

/** For BullMQ's workers, which demand `maxRetriesPerRequest: null` of blocking connections. */
export function createQueueConsumerClient(url: string, log: Log): Redis {
  return connect({ url, cluster: false }, log, "queue consumer", { maxRetriesPerRequest: null }) as Redis;
}

function connect(endpoint: RedisEndpoint, log: Log, purpose: string, options: RedisOptions): RedisClient {
  const { enableOfflineQueue = true, enableAutoPipelining = false, replyMapping: _, ...perNode } = options;
  const client = endpoint.cluster
    ? new Cluster(endpoint.url.split(","), {
        // Without this a sharded subscriber of a Redis Cluster receives nothing at all.
        shardedSubscribers: true,
        enableOfflineQueue,
        clusterRetryStrategy: reconnect,
        enableAutoPipelining,
        redisOptions: perNode,
      })
    : new Redis(endpoint.url, {
        ...perNode,
        enableOfflineQueue,
        enableAutoPipelining,
        retryStrategy: reconnect,
        connectionName: `parloir-${purpose}`,
      });
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
