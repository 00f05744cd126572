import type { Limits } from "@parloir/platform/env.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { createOpenLimit } from "@parloir/platform/open-limit.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { createSharedBuckets } from "@parloir/platform/shared-buckets.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";

/** What callers may do per time. `sends` and `writes` are the gateways' buckets too: one limit, however one asks. */
export interface RequestLimits {
  sends: TokenBuckets;
  /** What a person changes, besides messages. */
  writes: TokenBuckets;
  reads: TokenBuckets;
  searches: TokenBuckets;
  /** Of personal data. */
  exports: TokenBuckets;
  channelEvents: TokenBuckets;
  /** Of one server key. */
  keys: TokenBuckets;
  /** Refreshes and sign-outs, of one address: a household, or an office. */
  refreshes: TokenBuckets;
  /** Of one address, what needs no credentials (signing in, refreshing, what a sign-in page asks), or shows false ones. */
  open: TokenBuckets;
}

/** So many seconds' worth of channel events may come at once. */
const publishBurstSeconds = 4;
const burstSeconds = 2;
const refreshesPerSecond = 5;
const refreshBurst = 50;

export function createRequestLimits(options: {
  limits: Limits;
  redis: RedisClient;
  metrics: Metrics;
}): RequestLimits {
  const { limits, redis, metrics } = options;
  const { sendsPerSecond, sendBurst, eventsPerMinute, channelEventsPerSecond: published } = limits;
  const { readsPerSecond, keyRequestsPerSecond } = limits;
  const shared = (name: string, perSecond: number, burst: number) =>
    createSharedBuckets({ name, perSecond, burst, redis, metrics });
  return {
    sends: shared("sends", sendsPerSecond, sendBurst),
    writes: shared("events", eventsPerMinute / 60, eventsPerMinute),
    reads: shared("reads", readsPerSecond, burstSeconds * readsPerSecond),
    searches: shared("searches", eventsPerMinute / 60, eventsPerMinute),
    exports: shared("exports", limits.exportsPerHour / 3_600, limits.exportsPerHour),
    channelEvents: shared("channel_events", published, publishBurstSeconds * published),
    refreshes: shared("refreshes", eventsPerMinute === 0 ? 0 : refreshesPerSecond, refreshBurst),
    open: createOpenLimit(options),
    keys: shared("keys", keyRequestsPerSecond, burstSeconds * keyRequestsPerSecond),
  };
}
