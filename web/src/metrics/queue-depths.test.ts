import type { NodeSnapshot, QueueFigures } from "@parloir/contracts/cluster.ts";
import { expect, it } from "vitest";
import { queuesOf } from "./queue-depths.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const queue = (name: string, waiting: number, donePerSecond: number): QueueFigures => ({
  name,
  waiting,
  active: 1,
  delayed: 0,
  failed: 2,
  oldestSeconds: waiting,
  donePerSecond,
  failedPerSecond: 0,
});
const worker = (name: string, ageMs: number, reachesQueue: boolean, ...queues: QueueFigures[]) =>
  ({
    name,
    role: "worker",
    state: "ready",
    checks: { queue: reachesQueue ? "ok" : "degraded" },
    at: new Date(now - ageMs).toISOString(),
    worker: { queues },
  }) as unknown as NodeSnapshot;
const queues = (...nodes: NodeSnapshot[]) =>
  queuesOf({ view: { at: new Date(now).toISOString(), nodes }, now, isStale: false });

it("depths of a queue are told by every worker, and what they do adds up", () => {
  const both = queues(
    worker("worker1", 0, true, queue("notify", 3, 10), queue("search", 0, 1)),
    worker("worker2", 2_000, true, queue("notify", 5, 20)),
  );
  expect(both).toEqual([{ ...queue("notify", 5, 30), oldestSeconds: 5 }, queue("search", 0, 1)]);
});

it("of queues that a worker does not reach, or that are told by one who is silent, nothing is known", () => {
  expect(queues(worker("worker1", 0, false, queue("notify", 3, 10)))).toEqual([]);
  expect(queues(worker("worker1", 8_000, true, queue("notify", 3, 10)))).toEqual([]);
});
