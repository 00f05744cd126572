import {
  type ClusterPoint,
  historyStepSeconds,
  type NodeSnapshot,
  snapshotGoneMs,
} from "@parloir/contracts/cluster.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { appendPoint, claimStep, readBoard } from "@parloir/platform/snapshot/board.ts";

/** Keeps a day of the whole cluster's figures. Of several workers one writes each step. */
export function startClusterHistory(options: { redis: RedisClient; log: Log }): { stop: () => void } {
  const { redis, log } = options;
  const timer = setInterval(() => {
    note().catch((error: unknown) => log.debug({ err: error }, "a point of history was lost"));
  }, historyStepSeconds * 1_000);
  timer.unref();

  async function note(): Promise<void> {
    const now = Date.now();
    if (!(await claimStep(redis, Math.floor(now / 1_000 / historyStepSeconds)))) return;
    const { nodes } = await readBoard(redis);
    await appendPoint(
      redis,
      pointOf(
        nodes.filter(({ at }) => now - Date.parse(at) < snapshotGoneMs),
        now,
      ),
    );
  }

  return { stop: () => clearInterval(timer) };
}

/** Sums over processes; of latencies the worst, because percentiles of several processes cannot be averaged. */
export function pointOf(nodes: readonly NodeSnapshot[], now: number): ClusterPoint {
  const gateways = nodes.flatMap(({ gateway }) => gateway ?? []);
  const workers = nodes.flatMap(({ worker }) => worker ?? []);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const worst = (values: (number | undefined)[]) => {
    const known = values.filter((value) => value !== undefined);
    return known.length > 0 ? Math.max(...known) : null;
  };
  return {
    at: new Date(now).toISOString(),
    sockets: sum(gateways.map((each) => each.sockets)),
    sendsPerSecond: sum(gateways.map((each) => each.sendsPerSecond)),
    failedSendsPerSecond: sum(gateways.map((each) => each.failedSendsPerSecond)),
    deliveriesPerSecond: sum(gateways.map((each) => each.deliveriesPerSecond)),
    ackP99: worst(gateways.map((each) => each.ack?.p99)),
    deliveryP50: worst(gateways.map((each) => each.delivery?.p50)),
    deliveryP95: worst(gateways.map((each) => each.delivery?.p95)),
    deliveryP99: worst(gateways.map((each) => each.delivery?.p99)),
    outboxAgeP99: worst(workers.map((each) => each.outboxAge?.p99)),
  };
}
