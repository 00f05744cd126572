import type { Log } from "@parloir/platform/log.ts";
import { beat as beatIn, beatMs, nodeDeadMs, nodesKey } from "@parloir/platform/lookers.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";

/**
 * Says every `beatMs` that this gateway lives, and clears up after those that died. Two gateways may do so at
 * once: every step may be done twice.
 */
export interface NodeBeat {
  /** The gateways that lived at the last beat, this one among them once it has beaten. */
  living: () => string[];
  stop: () => Promise<void>;
}

/**
 * Whoever could not beat for so long cannot tell the dead from those that Redis did not hear either: the first to beat
 * after an outage would take everybody offline. So it waits until the others have had their turn.
 */
const outageMs = nodeDeadMs - beatMs;

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
  let living: string[] = [];
  let beatenAt = performance.now();
  let reapFrom = 0;
  void beat();

  function beat(): Promise<void> {
    beating = beatOnce().catch((error: unknown) => log.debug({ err: error }, "a beat was lost"));
    return beating;
  }

  async function beatOnce(): Promise<void> {
    const { living: heard, dead } = await beatIn(redis, node);
    const now = performance.now();
    if (now - beatenAt > outageMs) reapFrom = now + 2 * beatMs;
    beatenAt = now;
    living = heard;
    for (const renew of options.renew) await renew();
    if (now < reapFrom) return;
    for (const each of dead) {
      log.info({ dead: each }, "clearing up after a gateway that died");
      await options.onDead(each);
      // Last: whoever fails in the middle leaves the rest to the next beat of any gateway.
      await redis.zrem(nodesKey, each);
    }
  }

  return {
    living: () => living,
    async stop() {
      clearInterval(timer);
      await beating;
      await redis
        .zrem(nodesKey, node)
        .catch((error: unknown) => log.debug({ err: error }, "leaving was not noted"));
    },
  };
}
