import type { Reader } from "./environment-reader.ts";
import type { QueueEndpoint, RedisEndpoint, Sentinels } from "./redis.ts";

/** Variables of both Redis: see env.ts. */

const developmentUrl = "redis://127.0.0.1:6379";

export function roomsRedis(env: Reader): RedisEndpoint {
  const cluster = env.flag("REDIS_CLUSTER", false);
  if (!cluster) return { url: env.url("REDIS_URL", developmentUrl), cluster };
  return { url: env.urls("REDIS_URL", developmentUrl).join(","), cluster };
}

/** Jobs need one master, so a Redis Cluster for rooms has no second use. */
export function queueRedis(env: Reader, rooms: RedisEndpoint): QueueEndpoint {
  if (rooms.cluster && env.optional("QUEUE_REDIS_URL") === null)
    env.problem("QUEUE_REDIS_URL is required with REDIS_CLUSTER=1");
  return {
    url: env.url("QUEUE_REDIS_URL", rooms.cluster ? developmentUrl : rooms.url),
    sentinels: sentinels(env),
  };
}

/** Null: there are none. */
export function sentinels(env: Reader): Sentinels | null {
  const master = env.text("QUEUE_REDIS_MASTER", "mymaster");
  const nodes = env.list("QUEUE_REDIS_SENTINELS").flatMap((entry) => {
    const [, host, port] = /^(.+):(\d{1,5})$/.exec(entry) ?? [];
    if (host !== undefined) return [{ host: host.replace(/^\[|\]$/g, ""), port: Number(port) }];
    env.problem(`QUEUE_REDIS_SENTINELS: "${entry}" is not host:port`);
    return [];
  });
  const password = env.optional("QUEUE_REDIS_SENTINEL_PASSWORD");
  return nodes.length === 0 ? null : { nodes, master, password };
}
