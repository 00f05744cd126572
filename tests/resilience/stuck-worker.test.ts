import { type NotifyJob, queues } from "@parloir/contracts/jobs.ts";
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
import { Redis } from "ioredis";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { cloneDatabase, type TestDatabase } from "../setup/database.ts";
import { eventually } from "../setup/waiting.ts";
import { startRedisProxy } from "./redis-proxy.ts";
import { type OwnServer, ownRedis } from "./servers.ts";
import { counted, sleep } from "./watching.ts";

const stuckMs = 2_000;
const checkMs = 500;
const log = pino({ level: "silent" });

interface Stores {
  server: OwnServer;
  clone: TestDatabase;
}

/** The tests wait for time, and so do it together: each has stores of its own. */
async function withStores(use: (stores: Stores) => Promise<void>): Promise<void> {
  const [server, clone] = await Promise.all([ownRedis(), cloneDatabase()]);
  try {
    await use({ server, clone });
  } finally {
    await server.remove();
    await clone.drop();
  }
}

/** @param consumerUrl where only what takes jobs goes: the queue itself is asked directly */
function startOne({ server, clone }: Stores, consumerUrl = server.url) {
  const database = createDatabase({
    url: clone.url,
    poolSize: 3,
    applicationName: "w",
    onError: () => undefined,
  });
  const redis = createPublisherClient({ url: server.url, cluster: false }, log);
  const queueRedis = {
    queue: createQueueProducerClient({ url: server.url }, log),
    worker: createQueueConsumerClient({ url: consumerUrl }, log),
  };
  const metrics = createMetrics("worker", "w");
  const stuck: string[] = [];
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
    onStuck: (part) => void stuck.push(part),
    liveness: { stuckMs, checkMs },
  });
  return {
    stuck,
    ready: () =>
      Promise.all([redis, queueRedis.queue, queueRedis.worker].map((client) => untilReady(client, 10_000))),
    // Of this queue alone: jobs that the clock starts may end at any moment.
    done: () => counted({ metrics }, "parloir_jobs_total", { queue: queues.notify.name }),
    queue: () => new Queue<NotifyJob>(queues.notify.name, { connection: queueRedis.queue }),
    async stop() {
      closeRedis(queueRedis.worker);
      // What was swallowed cannot be waited for.
      await Promise.race([worker.close(), sleep(2_000)]);
      await database.close();
      closeRedis(queueRedis.queue);
      closeRedis(redis);
    },
  };
}

const addRow = ({ clone }: Stores) =>
  clone.pool.query("INSERT INTO outbox (messages, todo) VALUES ('[]', 1)");
const rowsGone = ({ clone }: Stores) =>
  eventually(
    "the outbox",
    () => clone.pool.query("SELECT FROM outbox"),
    ({ rowCount }) => rowCount === 0,
  );
const says = ({ stuck }: { stuck: string[] }, part: string) =>
  eventually(
    "the worker's word",
    () => stuck,
    (parts) => parts.includes(part),
  );

describe.concurrent("a worker is stuck", () => {
  it("whose blocking connection is silently dead while jobs wait", () =>
    withStores(async (stores) => {
      const proxy = await startRedisProxy(stores.server.url);
      const worker = startOne(stores, proxy.url);
      await worker.ready();
      const queue = worker.queue();
      const add = () => queue.add(queues.notify.name, { outboxIds: [], messages: [] });
      await add();
      await eventually("the first job", worker.done, (count) => count === 1);
      expect(worker.stuck).not.toContain("jobs");
      proxy.swallow();
      await add();
      // Other queues may say so first: what runs by the clock waits behind the same dead connection.
      await says(worker, "jobs");
      proxy.mend();
      await proxy.close();
      await worker.stop();
      await queue.close();
    }));

  it("whose relay takes no row, though both stores are well", () =>
    withStores(async (stores) => {
      await stores.clone.pool.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'a fault of the program'; END $$`);
      await stores.clone.pool.query(
        "CREATE TRIGGER refuse BEFORE UPDATE ON outbox EXECUTE FUNCTION refuse()",
      );
      const worker = startOne(stores);
      await addRow(stores);
      await says(worker, "relay");
      await worker.stop();
    }));
});

async function configure({ url }: OwnServer, name: string, value: string): Promise<void> {
  const admin = new Redis(url);
  await admin.config("SET", name, value);
  admin.disconnect();
}

describe.concurrent("a worker is not stuck, and goes on by itself, when the Redis for queues", () => {
  /** Several times as long as it takes to count as stuck. */
  const awayMs = 3 * stuckMs + 2 * checkMs;

  it.each<[string, (server: OwnServer) => unknown, (server: OwnServer) => unknown]>([
    ["is gone", (server) => server.stop(), (server) => server.start()],
    ["is frozen", (server) => server.freeze(), (server) => server.thaw()],
    [
      "is full",
      (server) => configure(server, "maxmemory", "1"),
      (server) => configure(server, "maxmemory", "0"),
    ],
  ])("%s for longer than any job may take", (_, away, back) =>
    withStores(async (stores) => {
      const worker = startOne(stores);
      await worker.ready();
      await addRow(stores);
      await rowsGone(stores);
      await away(stores.server);
      await addRow(stores);
      // A machine that is slow may have made it look so before.
      worker.stuck.splice(0);
      await sleep(awayMs);
      expect(worker.stuck).toEqual([]);
      await back(stores.server);
      await rowsGone(stores);
      await worker.stop();
    }),
  );

  it("is gone when it starts", () =>
    withStores(async (stores) => {
      await stores.server.stop();
      const worker = startOne(stores);
      await addRow(stores);
      await sleep(awayMs);
      expect(worker.stuck).toEqual([]);
      await stores.server.start();
      await rowsGone(stores);
      await worker.stop();
    }));
});
