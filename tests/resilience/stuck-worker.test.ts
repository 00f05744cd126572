import { type NotifyJob, queues } from "@parloir/contracts/jobs.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { readWorkerConfig } from "@parloir/platform/env.ts";
import { createFlightRecorder } from "@parloir/platform/flights.ts";
import { createMetrics } from "@parloir/platform/metrics.ts";
import {
  closeRedis,
  createPublisherClient,
  createQueueConsumerClient,
  createQueueProducerClient,
  untilReady,
} from "@parloir/platform/redis.ts";
import { passingTracing } from "@parloir/platform/tracing.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { startWorker } from "@parloir/worker/worker.ts";
import { Queue } from "bullmq";
import { pino } from "pino";
import { expect, it } from "vitest";
import { cloneDatabase } from "../setup/database.ts";
import { eventually } from "../setup/waiting.ts";
import { startRedisProxy } from "./redis-proxy.ts";

const stuckMs = 2_000;
const checkMs = 500;

it("a worker whose blocking connection is silently dead while jobs wait says that it is stuck", async () => {
  const log = pino({ level: "silent" });
  const folder = await temporaryFolder();
  const server = await startRedis({ dir: folder.dir });
  const proxy = await startRedisProxy(server.url);
  const clone = await cloneDatabase();
  const database = createDatabase({
    url: clone.url,
    poolSize: 3,
    applicationName: "w",
    onError: () => undefined,
  });
  const redis = createPublisherClient({ url: server.url, cluster: false }, log);
  const queueRedis = {
    queue: createQueueProducerClient({ url: server.url }, log),
    // Only what takes jobs goes through the proxy: the queue itself can be asked.
    worker: createQueueConsumerClient({ url: proxy.url }, log),
  };
  await Promise.all([redis, queueRedis.queue, queueRedis.worker].map((client) => untilReady(client, 10_000)));
  const metrics = createMetrics("worker", "w");
  const stuck: string[] = [];
  const onStuck = (part: string) => void stuck.push(part);
  const worker = startWorker({
    flights: createFlightRecorder("stuck"),
    tracing: passingTracing,
    retention: readWorkerConfig({}).retention,
    deliveries: readWorkerConfig({}).deliveries,
    database,
    redis,
    queueRedis,
    log,
    metrics,
    onStuck,
    liveness: { stuckMs, checkMs },
  });
  const queue = new Queue<NotifyJob>(queues.notify.name, { connection: queueRedis.queue });
  const add = () => queue.add(queues.notify.name, { outboxIds: [], messages: [] });
  // Of this queue alone: jobs that the clock starts may end at any moment.
  const done = async () => {
    const { values } = await metrics.get("parloir_jobs_total").get();
    return values
      .filter(({ labels }) => labels.queue === queues.notify.name)
      .reduce((sum, { value }) => sum + value, 0);
  };

  await add();
  await eventually("the first job", done, (count) => count === 1);
  expect(stuck).toEqual([]);
  proxy.swallow();
  await add();
  // Other queues may say so first: what runs by the clock waits behind the same dead connection.
  await eventually(
    "the worker's word",
    () => stuck,
    (parts) => parts.includes("jobs"),
  );

  // What is swallowed cannot be waited for: its connections end instead.
  proxy.mend();
  await proxy.close();
  closeRedis(queueRedis.worker);
  await Promise.race([worker.close(), new Promise((resolve) => setTimeout(resolve, 2_000))]);
  await queue.close();
  await database.close();
  closeRedis(queueRedis.queue);
  closeRedis(redis);
  await clone.drop();
  await server.stop();
  await folder.remove();
});
