import { randomUUID } from "node:crypto";
import { type DeliveryJob, mostWaitingJobs, queues } from "@parloir/contracts/jobs.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { createLog } from "@parloir/platform/log.ts";
import { createMetrics } from "@parloir/platform/metrics.ts";
import {
  closeRedis,
  createQueueConsumerClient,
  createQueueProducerClient,
  untilReady,
} from "@parloir/platform/redis.ts";
import { startJobQueue } from "@parloir/worker/job-queue.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { eventually } from "../setup/waiting.ts";

/** What the catalogue says of each queue, held by the queue itself on a real Redis. */
const folder = await temporaryFolder();
const redis = await startRedis({ dir: folder.dir });
const log = createLog({ level: "silent", nodeName: "worker1", role: "worker" });
const clients = {
  queue: createQueueProducerClient({ url: redis.url }, log),
  worker: createQueueConsumerClient({ url: redis.url }, log),
};
beforeAll(() => untilReady(clients.queue, 30_000));
afterEach(() => clients.queue.flushdb());
afterAll(async () => {
  closeRedis(clients.queue);
  closeRedis(clients.worker);
  await redis.stop();
  await folder.remove();
});

/** The queue of mails with a job that only says when it began. */
function startMails() {
  const begun: { id: string; at: number }[] = [];
  const mails = startJobQueue({
    queue: "mails",
    process: async ({ data }) => void begun.push({ id: data.id, at: performance.now() }),
    onJob: () => undefined,
    queueRedis: clients,
    log,
    metrics: createMetrics("worker", "worker1"),
  });
  return { begun, mails };
}

const newJob = (): DeliveryJob => ({ id: randomUUID(), take: 1 });

describe("a queue with a rate", () => {
  it("begins no more jobs in a time than that, however many wait", async () => {
    const { begun, mails } = startMails();
    const { max, duration } = queues.mails.rate;
    for (let n = 0; n <= 2 * max; n += 1) await mails.add(`mail-${n}`, newJob());
    await eventually(
      "all of them",
      () => begun.length,
      (count) => count === 2 * max + 1,
    );
    // The first and the last lie two windows apart. One is allowed for: a job is begun a little after it was counted.
    expect(begun.at(-1)!.at - begun[0]!.at).toBeGreaterThan(duration);
    await mails.close();
  });
});

describe("a queue with priorities", () => {
  it("does what was never tried before what is tried again, though that came first", async () => {
    const { begun, mails } = startMails();
    await mails.queue.pause();
    const again = Array.from({ length: 12 }, newJob);
    const fresh = Array.from({ length: 3 }, newJob);
    for (const job of again) await mails.add(`again-${job.id}`, job, 10);
    for (const job of fresh) await mails.add(`fresh-${job.id}`, job);
    await mails.queue.resume();
    const places = queues.mails.concurrency;
    await eventually(
      "the first",
      () => begun.length,
      (count) => count >= fresh.length + places,
    );
    const first = begun.slice(0, fresh.length + places).map(({ id }) => id);
    for (const { id } of fresh) expect(first).toContain(id);
    await mails.close();
  });
});

describe("a queue that nobody empties", () => {
  it("is full at its bound, also while it is paused, and has room again when it is emptied", async () => {
    const { begun, mails } = startMails();
    await mails.queue.pause();
    const jobs = Array.from({ length: mostWaitingJobs - 1 }, newJob);
    await mails.queue.addBulk(jobs.map((data) => ({ name: "mails", data })));
    expect(await mails.isFull()).toBe(false);
    await mails.add("the-last", newJob());
    expect(await mails.isFull()).toBe(true);
    await mails.queue.drain();
    expect([await mails.isFull(), begun.length]).toEqual([false, 0]);
    await mails.close();
  });
});
