import type { Log } from "@parloir/platform/log.ts";
import { forgetOldEvents } from "@parloir/store/channels.ts";
import type { Database } from "@parloir/store/database.ts";

/** A channel that nobody publishes to any more keeps nothing for ever: its events go when they are too old. */
const usualMs = 60_000;
/** Small deletes: nobody waits long for the pages they touch. */
const batch = 1_000;

export function startChannelHistory(options: { database: Database; log: Log; everyMs?: number }): {
  stop: () => Promise<void>;
} {
  const { everyMs = usualMs } = options;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, everyMs);
  timer.unref();

  async function sweep(): Promise<void> {
    try {
      while (!stopped && (await forgetOldEvents(options.database, batch)) === batch);
    } catch (error) {
      options.log.warn({ err: error }, "old channel events could not be deleted");
    }
  }

  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
