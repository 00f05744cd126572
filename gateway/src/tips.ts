import type { Log } from "@parloir/platform/log.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { Heads } from "./heads.ts";
import type { Sequencer } from "./sequencer.ts";

/**
 * Compares the open conversations with their heads in the database: every `healthyCheckMs` while pub/sub works,
 * because a lost last message leaves no gap, and every second while it does not, which is then how messages travel
 * between gateways. On its return everything is checked once more.
 */
export interface Tips {
  stop: () => void;
}

const tickMs = 1_000;
const healthyCheckMs = 10_000;

export function startTips(options: {
  subscriber: RedisClient;
  heads: Heads;
  sequencer: Sequencer;
  log: Log;
}): Tips {
  const { subscriber, heads, sequencer, log } = options;
  let checking = false;
  let checkedAt = Date.now();
  let wasDegraded = false;
  const timer = setInterval(tick, tickMs);
  timer.unref();

  function tick(): void {
    const degraded = subscriber.status !== "ready";
    if (degraded && !wasDegraded) log.warn("pub/sub is gone: polling the heads of open conversations");
    if (!degraded && wasDegraded) log.info("pub/sub is back: checking every open conversation");
    const due = degraded || wasDegraded || Date.now() - checkedAt >= healthyCheckMs;
    // Degraded, there is no push to wait for; after an outage those that were missed will not come.
    const how = degraded || wasDegraded ? "catchUp" : "tip";
    wasDegraded = degraded;
    if (due && !checking) void check(how);
  }

  async function check(how: "tip" | "catchUp"): Promise<void> {
    checking = true;
    try {
      await heads.apply(sequencer.conversations(), how);
      checkedAt = Date.now();
    } catch (error) {
      log.debug({ err: error }, "heads could not be read");
    } finally {
      checking = false;
    }
  }

  return { stop: () => clearInterval(timer) };
}
