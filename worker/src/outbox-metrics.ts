import { setTimeout } from "node:timers/promises";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { Database } from "@parloir/store/database.ts";
import { oldestOutboxAge } from "@parloir/store/outbox.ts";

/** As for queues: a Postgres that hangs keeps nobody from the other figures. */
const patienceMs = 1_000;

/**
 * How long the oldest outbox row has been there, asked when somebody scrapes or a snapshot is taken: one look at the
 * beginning of an index. It is what shows that nothing is relayed: what is taken late is only seen once it is taken.
 */
export function watchOutbox(database: Database, metrics: Metrics): void {
  const oldest = metrics.get("parloir_outbox_oldest_seconds");
  let asking: Promise<number | undefined> | undefined;
  Object.assign(oldest, { collect });

  async function collect(): Promise<void> {
    asking ??= ask();
    const age = await Promise.race([asking, setTimeout(patienceMs, undefined, { ref: false })]);
    if (age === undefined) oldest.remove();
    else oldest.set(age);
  }

  /** One question at a time, also while none is answered. */
  async function ask(): Promise<number | undefined> {
    try {
      return await oldestOutboxAge(database);
    } catch {
      return undefined;
    } finally {
      asking = undefined;
    }
  }
}
