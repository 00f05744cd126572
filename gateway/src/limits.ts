import type { Limits } from "@parloir/platform/env.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { createCountedBuckets, createSharedBuckets } from "@parloir/platform/shared-buckets.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";

/** What a person may do per time, over all their sockets and over REST together; see docs/security.md. */
export interface CommandLimits {
  sends: TokenBuckets;
  events: TokenBuckets;
  joins: TokenBuckets;
  typing: TokenBuckets;
  heartbeats: TokenBuckets;
}

const joinsBurst = 20;

export function createCommandLimits(options: {
  limits: Limits;
  redis: RedisClient;
  metrics: Metrics;
}): CommandLimits {
  const { limits, redis, metrics } = options;
  const { sendsPerSecond, sendBurst, eventsPerMinute, joinsPerMinute } = limits;
  const { typingPerSecond, heartbeatsPerSecond } = limits;
  const shared = (name: string, perSecond: number, burst: number) =>
    createSharedBuckets({ name, perSecond, burst, redis, metrics });
  // These two come by themselves, several times a minute from every socket, and do nothing elsewhere.
  const local = (name: string, perSecond: number, burst: number) =>
    createCountedBuckets({ name, perSecond: eventsPerMinute === 0 ? 0 : perSecond, burst, metrics });
  return {
    sends: shared("sends", sendsPerSecond, sendBurst),
    events: shared("events", eventsPerMinute / 60, eventsPerMinute),
    joins: shared("joins", joinsPerMinute / 60, Math.max(joinsBurst, joinsPerMinute)),
    typing: local("typing", typingPerSecond, 2 * typingPerSecond),
    heartbeats: local("heartbeats", heartbeatsPerSecond, 10 * heartbeatsPerSecond),
  };
}
