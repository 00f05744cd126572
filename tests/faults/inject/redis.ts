import { Redis } from "ioredis";
import type { Arena } from "./arena.ts";

/** Faults that a Redis does to itself when told to. */

async function withRedis<T>(arena: Arena, name: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(arena.cluster.find(name).url!, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  redis.on("error", () => undefined); // the command's own rejection tells
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** Drops the connections of subscribers or of everyone else, as a failover does. */
export function cutClients(type: "pubsub" | "normal") {
  return (arena: Arena, name: string): Promise<string[]> =>
    withRedis(arena, name, async (redis) => {
      const count = Number(await redis.call("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"));
      return count > 0 ? [`${count} ${type} clients were cut`] : [];
    });
}

/** A flapping network: publishers are cut again and again while subscribers look healthy. */
export function flap(arena: Arena, name: string, ms: number): Promise<string[]> {
  return withRedis(arena, name, async (redis) => {
    const end = performance.now() + ms;
    let count = 0;
    while (performance.now() < end) {
      count += Number(await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"));
      await arena.sleep(200);
    }
    return count > 0 ? [`${count} times a publisher was cut`] : [];
  });
}

export function flush(arena: Arena, name: string): Promise<string[]> {
  return withRedis(arena, name, async (redis) => {
    const before = await redis.dbsize();
    const [, [, answer], [, after]] = (await redis.multi().dbsize().flushall().dbsize().exec()) as [
      unknown,
      [unknown, string],
      [unknown, number],
    ];
    return answer === "OK" && after === 0 ? [`${before} keys were there, 0 after FLUSHALL`] : [];
  });
}
