import { lastThere } from "@parloir/platform/presence-keys.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Absentee, findAbsentees, planDigest, postponeDigest } from "@parloir/store/digests.ts";

const linesAtOnce = 500;

/**
 * Plans e-mails for who was not there since their lines were due. Who is there now sees them on the page, and is asked
 * about again when they have been away for long enough. Without Redis everybody counts as away, as they do for the bell.
 * @returns true when there may be more
 */
export function createDigestPlanner(options: {
  database: Database;
  redis: RedisClient;
  afterSeconds: number;
}): () => Promise<boolean> {
  const { database, redis } = options;
  const afterMs = options.afterSeconds * 1_000;

  async function plan({ userId, isWanted, quietUntil }: Absentee, there: number | null): Promise<void> {
    if (!isWanted) return postponeDigest(database, userId, null);
    const awayAt = (there ?? 0) + afterMs;
    if (awayAt > Date.now()) return postponeDigest(database, userId, new Date(awayAt).toISOString());
    // Held back here, so that a night's lines are one letter in the morning.
    if (quietUntil !== null) return postponeDigest(database, userId, quietUntil);
    return planDigest(database, userId);
  }

  return async () => {
    const absentees = await findAbsentees(database, linesAtOnce);
    if (absentees.length === 0) return false;
    const userIds = absentees.map(({ userId }) => userId);
    const there = await lastThere(redis, userIds).catch(() => new Map<string, number | null>());
    for (const absentee of absentees) await plan(absentee, there.get(absentee.userId) ?? null);
    return true;
  };
}
