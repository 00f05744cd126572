import type { Limits } from "@parloir/platform/env.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { createOpenLimit } from "@parloir/platform/open-limit.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { createSharedBuckets } from "@parloir/platform/shared-buckets.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";

/** What a person may do per time, over all their sockets and over REST together; see docs/security.md. */
export interface CommandLimits {
  sends: TokenBuckets;
  events: TokenBuckets;
  joins: TokenBuckets;
  typing: TokenBuckets;
  heartbeats: TokenBuckets;
  /** Rings: each makes a noise at somebody. */
  calls: TokenBuckets;
  signals: TokenBuckets;
  /** Of one address: handshakes with credentials that count for nothing, and the like at the apis. */
  open: TokenBuckets;
}

const joinsBurst = 20;

export function createCommandLimits(options: {
  limits: Limits;
  redis: RedisClient;
  metrics: Metrics;
}): CommandLimits {
  const { limits, redis, metrics } = options;
  const { sendsPerSecond, sendBurst, eventsPerMinute, joinsPerMinute } = limits;
  const { typingPerSecond, heartbeatsPerSecond, callsPerMinute, signalsPerSecond } = limits;
  const shared = (name: string, perSecond: number, burst: number) =>
    createSharedBuckets({ name, perSecond, burst, redis, metrics });
  // These two come by themselves from every socket, a heartbeat every few seconds, a notice every three while somebody
  // types: bursts that are hardly ever half used, so Redis is told of few.
  const automatic = (name: string, perSecond: number, burst: number) =>
    shared(name, eventsPerMinute === 0 ? 0 : perSecond, burst);
  return {
    sends: shared("sends", sendsPerSecond, sendBurst),
    events: shared("events", eventsPerMinute / 60, eventsPerMinute),
    joins: shared("joins", joinsPerMinute / 60, Math.max(joinsBurst, joinsPerMinute)),
    typing: automatic("typing", typingPerSecond, 4 * typingPerSecond),
    calls: shared("calls", callsPerMinute / 60, callsPerMinute),
    // A browser finds a dozen or two ways to itself, and tells each of them at once.
    signals: automatic("signals", signalsPerSecond, 10 * signalsPerSecond),
    heartbeats: automatic("heartbeats", heartbeatsPerSecond, 10 * heartbeatsPerSecond),
    open: createOpenLimit(options),
  };
}
