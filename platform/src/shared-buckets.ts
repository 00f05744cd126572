import type { Metrics } from "./metrics.ts";
import type { RedisClient } from "./redis.ts";
import { createTokenBuckets, type TokenBuckets } from "./token-bucket.ts";

/**
 * Token buckets that hold over all processes as one. The decision is always the local bucket's, at once and without
 * waiting: sends must enter the batch in the order in which they came. Who is near the limit is told of to Redis,
 * which keeps the bucket of all; its answer lowers the local one.
 *
 * Guarantee: at one moment each process may give away one burst; what was given beyond the burst of all is owed (up to
 * another burst), so that over time it is the rate and no more. Who uses less than `quietShare` of the rate, and less
 * than half a burst at once, costs no call and is not counted elsewhere. Without Redis every process counts alone.
 * Why not a limiter that asks first: docs/decisions/0019.
 */
export interface SharedBucketsOptions {
  /** Buckets of one name are one, in whatever process: `sends`, by socket and by REST. */
  name: string;
  perSecond: number;
  burst: number;
  redis: RedisClient;
  metrics: Metrics;
}

/** Eight processes at this pace each come to the rate. */
const quietShare = 1 / 8;
/** After a failure nobody is told of for so long: with a frozen Redis each call lasts until its timeout. */
const pauseMs = 1_000;
const sweepEvery = 10_000;

/**
 * One number a bucket: the time at which it will be full. KEYS bucket; ARGV milliseconds of refilling that were used,
 * over how many milliseconds they were used (it refilled meanwhile), the most that may be outstanding. Answers the
 * milliseconds until it is full.
 */
const use = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - ARGV[2]) + ARGV[1]
full = math.min(full, now + ARGV[3])
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(2 * ARGV[3]))
return math.max(0, math.ceil(full - now))`;

interface Use {
  /** Taken here and not told yet, the first of them at `since`. */
  untold: number;
  since: number;
  /** Rises with every use and falls at `quietShare` of the rate: how near the limit this looks from here. */
  pace: number;
  at: number;
  telling: boolean;
  /** The bucket of all was found less than half full: every use is told until then. */
  nearUntil: number;
}

export function createSharedBuckets(options: SharedBucketsOptions): TokenBuckets {
  const { name, perSecond, redis, metrics } = options;
  const local = createTokenBuckets(perSecond, options.burst);
  if (perSecond <= 0) return local;
  const capacity = Math.max(1, options.burst);
  const msPerToken = 1_000 / perSecond;
  const fillMs = capacity * msPerToken;
  const refusals = metrics.get("parloir_limit_refusals_total");
  const checks = metrics.get("parloir_limit_checks_total");
  const uses = new Map<string, Use>();
  let pausedUntil = 0;
  let taken = 0;

  function sweep(now: number): void {
    for (const [key, each] of uses)
      if (!each.telling && now - each.at > fillMs / quietShare) uses.delete(key);
  }

  function note(key: string, now: number): void {
    if (++taken % sweepEvery === 0) sweep(now);
    const mine = uses.get(key) ?? { untold: 0, since: now, pace: 0, at: now, telling: false, nearUntil: 0 };
    uses.set(key, mine);
    if (!mine.telling && now >= mine.nearUntil)
      mine.pace = Math.max(0, mine.pace - ((now - mine.at) / msPerToken) * quietShare);
    if (mine.pace === 0 && !mine.telling) Object.assign(mine, { untold: 0, since: now });
    mine.pace += 1;
    mine.untold = Math.min(mine.untold + 1, 2 * capacity);
    mine.at = now;
    tellIfNear(key, mine, now);
  }

  function tellIfNear(key: string, mine: Use, now: number): void {
    const isNear = mine.pace >= (now < mine.nearUntil ? 1 : capacity / 2);
    if (!mine.telling && isNear && now >= pausedUntil) void tell(key, mine, now);
  }

  async function tell(key: string, mine: Use, begun: number): Promise<void> {
    const { untold: told, since } = mine;
    const used = [told * msPerToken, Math.min(begun - since, fillMs), 2 * fillMs];
    Object.assign(mine, { telling: true, untold: 0, since: begun, pace: 0 });
    try {
      const untilFull = Number(await redis.eval(use, 1, `parloir:limit:{${name}:${key}}`, ...used));
      checks.inc({ limit: name, outcome: "ok" });
      const now = performance.now();
      const left = capacity - untilFull / msPerToken;
      local.lower(key, left - mine.untold, now);
      mine.nearUntil = left < capacity / 2 ? now + untilFull : 0;
    } catch {
      // Counted here alone until Redis is back; what was used meanwhile is told then.
      checks.inc({ limit: name, outcome: "failed" });
      Object.assign(mine, { untold: mine.untold + told, since, pace: mine.pace + told });
      pausedUntil = performance.now() + pauseMs;
    }
    mine.telling = false;
    tellIfNear(key, mine, performance.now());
  }

  return {
    take(key, now = performance.now()) {
      const waitMs = local.take(key, now);
      if (waitMs > 0) refusals.inc({ limit: name });
      else note(key, now);
      return waitMs;
    },
  };
}
