import { setTimeout } from "node:timers/promises";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { Queue } from "bullmq";

/** A scrape, and a snapshot, have other things to tell. */
const patienceMs = 1_000;

const states = ["waiting", "active", "delayed", "failed"] as const;
/** BullMQ keeps those that may wait longer by themselves. */
const counted = [...states, "prioritized"] as const;

/**
 * Depth and oldest age of each queue, asked when somebody scrapes or a snapshot is taken. Every worker says the same: take
 * the maximum. Of a queue that cannot be asked nothing is told: what it last said is most often 0, and looks well.
 */
export function watchQueues(queues: Queue[], metrics: Metrics): void {
  const depth = metrics.get("parloir_queue_jobs");
  const oldest = metrics.get("parloir_queue_oldest_seconds");
  // Each asks for itself: a scrape takes them one by one, and would tell of the scrape before.
  Object.assign(depth, { collect: () => Promise.all(queues.map(count)) });
  Object.assign(oldest, { collect: () => Promise.all(queues.map(age)) });

  async function count(queue: Queue): Promise<void> {
    const counts = await answerOf(queue.getJobCounts(...counted));
    for (const state of states) {
      const labels = { queue: queue.name, state };
      const more = state === "waiting" ? (counts?.prioritized ?? 0) : 0;
      if (counts) depth.set(labels, (counts[state] ?? 0) + more);
      else depth.remove(labels);
    }
  }

  async function age(queue: Queue): Promise<void> {
    // Jobs are taken oldest first: the first that waits is the oldest, but for retries, which may wait.
    const waiting = await answerOf(queue.getWaiting(0, 0));
    const [first] = waiting ?? [];
    if (waiting)
      oldest.set({ queue: queue.name }, first ? Math.max(Date.now() - first.timestamp, 0) / 1_000 : 0);
    else oldest.remove({ queue: queue.name });
  }
}

/** Undefined when it fails, or takes too long. */
function answerOf<T>(asked: Promise<T>): Promise<T | undefined> {
  const patience = setTimeout(patienceMs, undefined, { ref: false });
  return Promise.race([asked.catch(() => undefined), patience]);
}
