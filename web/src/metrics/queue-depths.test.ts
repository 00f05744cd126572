import type { NodeSnapshot, QueueFigures } from "@parloir/contracts/cluster.ts";
import { expect, it } from "vitest";
import { oldestJob, queuesOf } from "./queue-depths.ts";

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
const seen = (...nodes: NodeSnapshot[]) => ({
  view: { at: new Date(now).toISOString(), nodes },
  now,
  isStale: false,
});
const queues = (...nodes: NodeSnapshot[]) => queuesOf(seen(...nodes));
/** Undefined: of the version before. */
const withOutbox = (node: NodeSnapshot, outboxOldestSeconds?: number | null) =>
  ({ ...node, worker: { ...node.worker, outboxOldestSeconds } }) as NodeSnapshot;

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

it("the oldest job is the oldest row of the outbox, or what waits longer in a queue", () => {
  const idle = worker("worker1", 0, true, queue("notify", 0, 1));
  const busy = worker("worker1", 0, true, queue("notify", 3, 1), queue("search", 7, 1));
  expect(oldestJob(seen(withOutbox(idle, 0)))).toBe(0);
  expect(oldestJob(seen(withOutbox(idle, 2), withOutbox(busy, 1)))).toBe(7);
  expect(oldestJob(seen(withOutbox(busy, 90)))).toBe(90);
});

it("without the Redis for queues it is what Postgres says", () => {
  expect(oldestJob(seen(withOutbox(worker("worker1", 0, false, queue("notify", 500, 1)), 40)))).toBe(40);
});

it("it is not known, and not 0, without a worker that knows the outbox", () => {
  const idle = worker("worker1", 0, true, queue("notify", 0, 1));
  expect(oldestJob(seen())).toBeNull();
  expect(oldestJob(seen(withOutbox(idle, null)))).toBeNull();
  expect(oldestJob(seen(withOutbox(idle)))).toBeNull();
  expect(oldestJob(seen(withOutbox(worker("worker1", 8_000, true), 3)))).toBeNull();
  expect(oldestJob(seen(withOutbox(idle, null), withOutbox(idle, 3)))).toBe(3);
});
