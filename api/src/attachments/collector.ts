import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { findRemoved, forgetAttachments, giveUpUnsent } from "@parloir/store/attachments.ts";
import type { Database } from "@parloir/store/database.ts";
import type { Spool } from "./spool.ts";
import { type Storage, thumbnailKey } from "./storage.ts";

/**
 * Removes the files of what is gone: never sent, of deleted messages, of erased people. Every api does it, without a
 * lock: a file that two remove is removed, and its row goes last, so that nothing is forgotten half-way.
 */
export interface Collector {
  /** @returns how many attachments are gone now */
  collect: () => Promise<number>;
  start: () => void;
  /** Resolves when nothing is under way any more. */
  stop: () => Promise<void>;
}

const everyMs = 60_000;
const batch = 100;

export function createCollector(options: {
  database: Database;
  storage: Storage;
  spool: Spool;
  unsentSeconds: number;
  log: Log;
  metrics: Metrics;
}): Collector {
  const { database, storage, spool, unsentSeconds, log } = options;
  const removed = options.metrics.get("parloir_attachments_removed_total");
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> | undefined;

  async function collect(): Promise<number> {
    await spool.sweep();
    if (unsentSeconds > 0) await giveUpUnsent(database, unsentSeconds);
    let total = 0;
    for (;;) {
      const ids = await findRemoved(database, batch);
      for (const id of ids) {
        await storage.remove(thumbnailKey(id));
        await storage.remove(id);
      }
      if (ids.length > 0) await forgetAttachments(database, ids);
      removed.inc(ids.length);
      total += ids.length;
      if (ids.length < batch) return total;
    }
  }

  function round(): void {
    running ??= collect()
      .catch((error: unknown) => log.warn({ err: error }, "files could not be collected"))
      .finally(() => {
        running = undefined;
      });
  }

  return {
    collect,
    start() {
      timer = setInterval(round, everyMs);
      timer.unref();
      round();
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
