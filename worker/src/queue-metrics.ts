import { setTimeout } from "node:timers/promises";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { Queue } from "bullmq";

/** A scrape, and a snapshot, have other things to tell. */
const patienceMs = 1_000;

const states = ["waiting", "active", "delayed", "failed"] as const;
/** BullMQ keeps those that may wait longer by themselves. */
const counted = [...states, "prioritized"] as const;

/** Depth and oldest age of each queue, asked when somebody scrapes or a snapshot is taken. Every worker says the same: take the maximum. */
export function watchQueues(queues: Queue[], metrics: Metrics): void {
  const depth = metrics.get("parloir_queue_jobs");
  const oldest = metrics.get("parloir_queue_oldest_seconds");
  // Each asks for itself: a scrape takes them one by one, and would tell of the scrape before.
  Object.assign(depth, { collect: () => ofEach(count) });
  Object.assign(oldest, { collect: () => ofEach(age) });

  async function ofEach(ask: (queue: Queue) => Promise<void>): Promise<void> {
    // A queue that cannot be asked keeps what it last said; nobody waits for one that hangs.
    const asked = queues.map((queue) => ask(queue).catch(() => undefined));
    await Promise.race([Promise.all(asked), setTimeout(patienceMs, undefined, { ref: false })]);
  }

  async function count(queue: Queue): Promise<void> {
    const { prioritized = 0, ...counts } = await queue.getJobCounts(...counted);
    counts.waiting = (counts.waiting ?? 0) + prioritized;
    for (const state of states) depth.set({ queue: queue.name, state }, counts[state] ?? 0);
  }

  async function age(queue: Queue): Promise<void> {
    // Jobs are taken oldest first: the first that waits is the oldest, but for retries, which may wait.
    const [first] = await queue.getWaiting(0, 0);
    oldest.set({ queue: queue.name }, first ? Math.max(Date.now() - first.timestamp, 0) / 1_000 : 0);
  }
}
