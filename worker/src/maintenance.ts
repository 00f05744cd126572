import { bucketGrowth } from "@parloir/contracts/histogram.ts";
import { type MaintenanceJob, type MaintenanceTask, maintenanceTasks } from "@parloir/contracts/jobs.ts";
import type { Log } from "@parloir/platform/log.ts";
import { deleteReadNotifications } from "@parloir/store/bell.ts";
import type { Database } from "@parloir/store/database.ts";
import { rollUp } from "@parloir/store/rollups.ts";
import type { Queue } from "bullmq";

const hoursAtOnce = 24;
const linesAtOnce = 5_000;
const keepReadLinesDays = 90;

/** What runs by the clock. Each task does its work in short transactions until there is none left. */
export function createMaintenance(database: Database): (job: MaintenanceJob) => Promise<void> {
  const tasks: Record<MaintenanceTask, () => Promise<number>> = {
    rollups: () => rollUp(database, hoursAtOnce, bucketGrowth),
    retention: () => deleteReadNotifications(database, keepReadLinesDays, linesAtOnce),
  };
  return async ({ task }) => {
    while ((await tasks[task]()) > 0);
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
