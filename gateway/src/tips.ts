import type { InternalResult } from "@parloir/contracts/internal.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { ApiClient } from "./api-client.ts";
import type { Sequencer } from "./sequencer.ts";

/**
 * Compares the open conversations with their heads in the database, all of them in one query: every
 * `healthyCheckMs` while pub/sub works, because a lost last message leaves no gap, and every second while it does
 * not, which is then how messages travel between gateways. On its return everything is checked once more.
 */
export interface Tips {
  degraded: () => boolean;
  stop: () => void;
}

const tickMs = 1_000;
const healthyCheckMs = 10_000;
const headsPerCall = 5_000;

export function startTips(options: {
  subscriber: RedisClient;
  api: ApiClient;
  sequencer: Sequencer;
  log: Log;
}): Tips {
  const { subscriber, api, sequencer, log } = options;
  let checking = false;
  let checkedAt = Date.now();
  let wasDegraded = false;
  const timer = setInterval(tick, tickMs);
  timer.unref();

  const degraded = () => subscriber.status !== "ready";

  function tick(): void {
    const isDegraded = degraded();
    if (isDegraded && !wasDegraded) log.warn("pub/sub is gone: polling the heads of open conversations");
    if (!isDegraded && wasDegraded) log.info("pub/sub is back: checking every open conversation");
    const due = isDegraded || wasDegraded || Date.now() - checkedAt >= healthyCheckMs;
    wasDegraded = isDegraded;
    if (due && !checking) void check();
  }

  async function check(): Promise<void> {
    checking = true;
    try {
      const ids = sequencer.conversations();
      for (let start = 0; start < ids.length; start += headsPerCall) {
        await checkSome(ids.slice(start, start + headsPerCall));
      }
      checkedAt = Date.now();
    } catch (error) {
      log.debug({ err: error }, "heads could not be read");
    } finally {
      checking = false;
    }
  }

  async function checkSome(ids: string[]): Promise<void> {
    const items = ids.map((conversationId) => ({ conversationId }));
    const { results } = await api.call("heads", items, { lane: 0, timeoutMs: 4_000 });
    for (const [index, result] of results.entries()) {
      if (result.ok) apply(ids[index]!, result.data);
    }
  }

  function apply(conversationId: string, { lastSeq }: InternalResult<"heads">): void {
    // Degraded, there is no push to wait for.
    if (degraded()) void sequencer.catchUp(conversationId, lastSeq);
    else sequencer.tip(conversationId, lastSeq);
  }

  return { degraded, stop: () => clearInterval(timer) };
}
