import type { Limits } from "./env.ts";
import type { Metrics } from "./metrics.ts";
import type { RedisClient } from "./redis.ts";
import { createSharedBuckets } from "./shared-buckets.ts";
import type { TokenBuckets } from "./token-bucket.ts";

/** Everybody in an office comes by one address, at nine. */
const burstSeconds = 10;

/**
 * Of one address, over all apis and gateways: what needs no credentials (signing in, refreshing, what a sign-in page
 * asks), and requests and handshakes whose credentials count for nothing.
 */
export function createOpenLimit(options: {
  limits: Limits;
  redis: RedisClient;
  metrics: Metrics;
}): TokenBuckets {
  const { limits, redis, metrics } = options;
  const perSecond = limits.openRequestsPerSecond;
  return createSharedBuckets({ name: "open", perSecond, burst: burstSeconds * perSecond, redis, metrics });
}
