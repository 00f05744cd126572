import type { Log } from "@parloir/platform/log.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { Stream } from "./streams.ts";

/**
 * Compares the open conversations and channels with their heads in the database: every `healthyCheckMs` while pub/sub works,
 * because a lost last message leaves no gap, and every second while it does not, which is then how messages travel
 * between gateways. After every break of the subscription, however short, everything is checked once more.
 */
export interface Tips {
  /** Pushes do not come: messages travel by polled heads. */
  degraded: () => boolean;
  stop: () => void;
}

const tickMs = 1_000;
const healthyCheckMs = 10_000;
/** A frozen Redis keeps its connections: only an unanswered PING shows it. */
const silentMs = 2_000;
/**
 * A Redis Cluster that loses one of its nodes stays «ready»: only these events tell that rooms of one shard are deaf.
 * None says that all of them are heard again, so messages are polled for as long as such events come, and a while more.
 */
const shardEvents = ["-node", "-subscriber", "nodeError", "subscribersReady"] as const;
const settleMs = 3_000;

export function startTips(options: { subscriber: RedisClient; streams: Stream[]; log: Log }): Tips {
  const { subscriber, streams, log } = options;
  let checking = false;
  let checkedAt = performance.now();
  let heardAt = performance.now();
  let pinging = false;
  /** Pushes may have been missed since the last check. */
  let broken = false;
  let reported = false;
  const timer = setInterval(tick, tickMs);
  timer.unref();
  const onClose = () => {
    broken = true;
  };
  subscriber.on("close", onClose);
  let disturbedAt = Number.NEGATIVE_INFINITY;
  const onShard = () => {
    disturbedAt = performance.now();
    broken = true;
  };
  for (const event of shardEvents) subscriber.on(event, onShard);

  function tick(): void {
    void ping();
    const isDegraded = degraded();
    if (isDegraded) broken = true;
    report(isDegraded);
    if (checking || (!broken && performance.now() - checkedAt < healthyCheckMs)) return;
    // Missed pushes will not come: there is nothing to wait for.
    const how = broken ? "catchUp" : "tip";
    if (!isDegraded) broken = false;
    void check(how);
  }

  function degraded(): boolean {
    const now = performance.now();
    return subscriber.status !== "ready" || now - heardAt > silentMs || now - disturbedAt < settleMs;
  }

  /** In a Redis Cluster a PING asks some node, not the subscriptions': there `shardEvents` must do. */
  async function ping(): Promise<void> {
    if (pinging || subscriber.status !== "ready") return;
    pinging = true;
    try {
      await subscriber.ping();
      heardAt = performance.now();
    } catch (error) {
      log.debug({ err: error }, "pub/sub did not answer");
    } finally {
      pinging = false;
    }
  }

  function report(isDegraded: boolean): void {
    if (isDegraded && !reported) log.warn("pub/sub is gone: polling the heads of open conversations");
    if (!isDegraded && reported) log.info("pub/sub is back: checking every open conversation");
    reported = isDegraded;
  }

  async function check(how: "tip" | "catchUp"): Promise<void> {
    checking = true;
    try {
      await Promise.all(streams.map(({ heads, sequencer }) => heads.apply(sequencer.conversations(), how)));
      checkedAt = performance.now();
    } catch (error) {
      if (how === "catchUp") broken = true;
      log.debug({ err: error }, "heads could not be read");
    } finally {
      checking = false;
    }
  }

  return {
    degraded,
    stop() {
      clearInterval(timer);
      subscriber.off("close", onClose);
      for (const event of shardEvents) subscriber.off(event, onShard);
    },
  };
}
