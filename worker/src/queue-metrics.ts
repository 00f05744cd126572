import type { Metrics } from "@parloir/platform/metrics.ts";
import type { Queue } from "bullmq";

const states = ["waiting", "active", "delayed", "failed"] as const;

/** Depth and oldest age of each queue, asked when somebody scrapes. Every worker says the same: take the maximum. */
export function watchQueues(queues: Queue[], metrics: Metrics): void {
  const depth = metrics.get("parloir_queue_jobs");
  const oldest = metrics.get("parloir_queue_oldest_seconds");
  Object.assign(depth, {
    async collect() {
      await Promise.all(queues.map((queue) => count(queue).catch(() => undefined)));
    },
  });

  async function count(queue: Queue): Promise<void> {
    const labels = { queue: queue.name };
    const counts = await queue.getJobCounts(...states);
    for (const state of states) depth.set({ ...labels, state }, counts[state] ?? 0);
    // Jobs are taken oldest first: the first that waits is the oldest.
    const [first] = await queue.getWaiting(0, 0);
    oldest.set(labels, first ? Math.max(Date.now() - first.timestamp, 0) / 1_000 : 0);
  }
}
