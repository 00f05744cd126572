import { bucketGrowth } from "@parloir/contracts/histogram.ts";
import { type MaintenanceJob, type MaintenanceTask, maintenanceTasks } from "@parloir/contracts/jobs.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Database } from "@parloir/store/database.ts";
import { deleteOldDeliveries, dropOrphanedDeliveries } from "@parloir/store/deliveries.ts";
import { rollUp } from "@parloir/store/rollups.ts";
import type { Queue } from "bullmq";

const hoursAtOnce = 24;
/** The present hour changes all the time: summing it up again and again takes at most one part in so many of the time. */
const rollupRest = 20;

/**
 * What runs by the clock, in short transactions. A task goes on while it finds as much as it takes at once, and no
 * longer: the present hour changes again and again.
 */
export function createMaintenance(options: {
  database: Database;
  planDigests: () => Promise<boolean>;
}): (job: MaintenanceJob) => Promise<void> {
  const { database } = options;
  let restsUntil = Number.NEGATIVE_INFINITY;

  async function rollUpUnlessResting(): Promise<boolean> {
    const began = performance.now();
    if (began < restsUntil) return false;
    const hasMore = (await rollUp(database, hoursAtOnce, bucketGrowth)) === hoursAtOnce;
    const ended = performance.now();
    if (!hasMore) restsUntil = ended + (ended - began) * rollupRest;
    return hasMore;
  }

  const tasks: Record<MaintenanceTask, () => Promise<boolean>> = {
    rollups: rollUpUnlessResting,
    digests: options.planDigests,
    async ledger() {
      await dropOrphanedDeliveries(database);
      return deleteOldDeliveries(database);
    },
  };
  return async ({ task }) => {
    while (await tasks[task]());
  };
}

/** A Redis that was flushed has no schedules left. */
const renewMs = 60_000;

/** The queue holds each schedule once, by its name: several workers set the same ones. */
export function scheduleMaintenance(queue: Queue, log: Log): { stop: () => void } {
  async function schedule(): Promise<void> {
    try {
      for (const [task, { everyMs }] of Object.entries(maintenanceTasks))
        await queue.upsertJobScheduler(task, { every: everyMs }, { name: queue.name, data: { task } });
    } catch (error) {
      log.debug({ err: error }, "maintenance could not be scheduled");
    }
  }

  void schedule();
  const timer = setInterval(() => void schedule(), renewMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
