import type { Log } from "@parloir/platform/log.ts";
import type { Redis } from "@parloir/platform/redis.ts";
import { readEpoch, readWalPosition, replaceEpoch, type WalPosition } from "@parloir/store/cluster-state.ts";
import type { Database } from "@parloir/store/database.ts";

/**
 * Notices that the database went back to an older state, and begins a new epoch so that clients reload instead of
 * trusting cursors into a history that is gone.
 *
 * The highest flushed position of the write-ahead log is kept with its epoch in the Redis for queues (append-only, so it
 * outlives everything here): a database that has less than that was restored, as was one with another system identifier.
 * A dump that is restored into the same server moves the log on, and is not noticed here: `new-epoch` (store/src/main.ts).
 * Gateways notice the same while they run, by a head that is lower than what they have delivered (api/src/heads.ts).
 */
export interface EpochGuard {
  stop: () => void;
}

const key = "parloir:wal";
const checkMs = 5_000;

export function startEpochGuard(options: { database: Database; redis: Redis; log: Log }): EpochGuard {
  const { database, redis, log } = options;
  let checking = false;
  const timer = setInterval(() => void check(), checkMs);
  timer.unref();
  void check();

  async function check(): Promise<void> {
    if (checking) return;
    checking = true;
    try {
      const known = parseNote(await redis.get(key));
      let epoch = await readEpoch(database);
      const now = await readWalPosition(database);
      if (known && wentBack(known, now)) {
        log.warn(
          { known: String(known.flushed), now: String(now.flushed) },
          "the database is an older state: new epoch",
        );
        epoch = await replaceEpoch(database, known.epoch);
      }
      await redis.set(key, `${now.system} ${now.flushed} ${epoch}`);
    } catch (error) {
      log.debug({ err: error }, "the epoch could not be checked");
    } finally {
      checking = false;
    }
  }

  return { stop: () => clearInterval(timer) };
}

export function wentBack(known: WalPosition, now: WalPosition): boolean {
  return known.system !== now.system || now.flushed < known.flushed;
}

function parseNote(text: string | null): (WalPosition & { epoch: string }) | null {
  const [, system, flushed, epoch] = /^(\d+) (\d+) (\w+)$/.exec(text ?? "") ?? [];
  return system && flushed && epoch ? { system, flushed: BigInt(flushed), epoch } : null;
}
