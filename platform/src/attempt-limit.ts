import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from "rate-limiter-flexible";
import type { Metrics } from "./metrics.ts";
import type { RedisClient } from "./redis.ts";

/**
 * Bounds attempts at something secret, over all processes: asked before each attempt, exact, in windows. Without
 * Redis every process counts alone.
 */
export interface AttemptLimit {
  /** Spends one attempt. 0 when there was one, else the milliseconds until there is. */
  spend: (key: string) => Promise<number>;
  /** It was no bad attempt after all. */
  giveBack: (key: string) => Promise<void>;
}

export function createAttemptLimit(options: {
  name: string;
  attempts: number;
  seconds: number;
  redis: RedisClient;
  metrics: Metrics;
}): AttemptLimit {
  const { name, attempts, seconds } = options;
  if (attempts === 0) return { spend: async () => 0, giveBack: async () => undefined };
  const window = { keyPrefix: `parloir:attempts:${name}`, points: attempts, duration: seconds };
  const everywhere = new RateLimiterRedis({
    ...window,
    storeClient: options.redis,
    rejectIfRedisNotReady: true,
  });
  const here = new RateLimiterMemory(window);
  const refusals = options.metrics.get("parloir_limit_refusals_total");
  const checks = options.metrics.get("parloir_limit_checks_total");

  /** By Redis; without it by this process alone. What is thrown as a result of a limiter is a refusal. */
  async function ask(act: (limiter: RateLimiterAbstract) => Promise<unknown>): Promise<void> {
    try {
      await act(everywhere);
    } catch (error) {
      if (error instanceof RateLimiterRes) throw error;
      checks.inc({ limit: name, outcome: "failed" });
      return void (await act(here));
    }
    checks.inc({ limit: name, outcome: "ok" });
  }

  return {
    async spend(key) {
      try {
        await ask((limiter) => limiter.consume(key));
        return 0;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        refusals.inc({ limit: name });
        return Math.max(1, refusal.msBeforeNext);
      }
    },
    giveBack: (key) => ask((limiter) => limiter.reward(key)),
  };
}
