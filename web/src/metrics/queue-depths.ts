import type { QueueFigures } from "@parloir/contracts/cluster.ts";
import { isHeard, type Seen } from "./standing.ts";

/** Every worker tells the same depths, a moment apart: the most is shown. Rates are each worker's own, and add up. */
export function queuesOf(seen: Seen): QueueFigures[] {
  const told = seen.view.nodes
    // What a worker says of queues that it does not reach is what it knew before.
    .filter((node) => node.checks.queue !== "degraded" && isHeard(node, { ...seen, isStale: false }))
    .flatMap(({ worker }) => worker?.queues ?? []);
  const byName = Map.groupBy(told, ({ name }) => name);
  return [...byName.values()].map((same) => same.reduce(together));
}

/**
 * Seconds that the oldest work has waited: as a row of the outbox, which stays until its jobs are done, or in a queue for
 * its turn. Null when nobody knows the outbox. Queues that cannot be asked hide little: what waits for them is there.
 */
export function oldestJob(seen: Seen): number | null {
  const rows = seen.view.nodes
    .filter((node) => isHeard(node, { ...seen, isStale: false }))
    .flatMap(({ worker }) => worker?.outboxOldestSeconds ?? []);
  if (rows.length === 0) return null;
  return Math.max(...rows, ...queuesOf(seen).map(({ oldestSeconds }) => oldestSeconds));
}

function together(a: QueueFigures, b: QueueFigures): QueueFigures {
  return {
    name: a.name,
    waiting: Math.max(a.waiting, b.waiting),
    active: Math.max(a.active, b.active),
    delayed: Math.max(a.delayed, b.delayed),
    failed: Math.max(a.failed, b.failed),
    oldestSeconds: Math.max(a.oldestSeconds, b.oldestSeconds),
    donePerSecond: a.donePerSecond + b.donePerSecond,
    failedPerSecond: a.failedPerSecond + b.failedPerSecond,
  };
}
