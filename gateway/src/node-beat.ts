import type { Log } from "@parloir/platform/log.ts";
import { beatMs, nodeDeadMs, nodesKey } from "@parloir/platform/lookers.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";

/**
 * Says every `beatMs` that this gateway lives, and clears up after those that died. Two gateways may do so at
 * once: every step may be done twice.
 */
export interface NodeBeat {
  stop: () => Promise<void>;
}

export function startNodeBeat(options: {
  redis: RedisClient;
  node: string;
  log: Log;
  renew: (() => Promise<void>)[];
  onDead: (node: string) => Promise<void>;
}): NodeBeat {
  const { redis, node, log } = options;
  const timer = setInterval(() => void beat(), beatMs);
  timer.unref();
  let beating = Promise.resolve();
  void beat();

  function beat(): Promise<void> {
    beating = beatOnce().catch((error: unknown) => log.debug({ err: error }, "a beat was lost"));
    return beating;
  }

  async function beatOnce(): Promise<void> {
    await redis.zadd(nodesKey, Date.now(), node);
    for (const renew of options.renew) await renew();
    const dead = await redis.zrangebyscore(nodesKey, 0, Date.now() - nodeDeadMs);
    for (const each of dead) {
      log.info({ dead: each }, "clearing up after a gateway that died");
      await options.onDead(each);
      // Last: whoever fails in the middle leaves the rest to the next beat of any gateway.
      await redis.zrem(nodesKey, each);
    }
  }

  return {
    async stop() {
      clearInterval(timer);
      await beating;
      await redis
        .zrem(nodesKey, node)
        .catch((error: unknown) => log.debug({ err: error }, "leaving was not noted"));
    },
  };
}
