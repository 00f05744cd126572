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
    return subscriber.status !== "ready" || performance.now() - heardAt > silentMs;
  }

  /** In a Redis Cluster a PING asks some node, not the subscription's: there the connection's state must do. */
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
    },
  };
}
