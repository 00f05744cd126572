import { countedOf, historyStepSeconds, pointOf } from "@parloir/contracts/cluster-history.ts";
import { nodesPointOf } from "@parloir/contracts/node-history.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { appendPoint, claimStep, readBoard, readCounted } from "@parloir/platform/snapshot/board.ts";

/** Keeps a day of figures, of the whole cluster and of each process. Of several workers one writes each step. */
export function startClusterHistory(options: { redis: RedisClient; log: Log }): { stop: () => void } {
  const { redis, log } = options;
  const timer = setInterval(() => {
    note().catch((error: unknown) => log.debug({ err: error }, "a point of history was lost"));
  }, historyStepSeconds * 1_000);
  timer.unref();

  async function note(): Promise<void> {
    if (!(await claimStep(redis, Math.floor(Date.now() / 1_000 / historyStepSeconds)))) return;
    const view = await readBoard(redis);
    const before = await readCounted(redis);
    const added = before && {
      whole: pointOf(view, before),
      nodes: nodesPointOf(view, before),
      since: before.at,
    };
    await appendPoint(redis, added, countedOf(view));
  }

  return { stop: () => clearInterval(timer) };
}
