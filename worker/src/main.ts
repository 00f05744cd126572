import { readWorkerConfig } from "@parloir/platform/env.ts";
import { createFlightRecorder } from "@parloir/platform/flights.ts";
import { suffer } from "@parloir/platform/harm.ts";
import { createHealth } from "@parloir/platform/health.ts";
import { installLifecycle } from "@parloir/platform/lifecycle.ts";
import { createLog } from "@parloir/platform/log.ts";
import { createMetrics } from "@parloir/platform/metrics.ts";
import { closeServer, createPrivateServer, listen } from "@parloir/platform/private-server.ts";
import {
  closeRedis,
  createPublisherClient,
  createQueueConsumerClient,
  createQueueProducerClient,
  untilReady,
} from "@parloir/platform/redis.ts";
import { startBeacon } from "@parloir/platform/snapshot/beacon.ts";
import { startTracing } from "@parloir/platform/tracing.ts";
import { readEpoch } from "@parloir/store/cluster-state.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { startChannelHistory } from "./channel-history.ts";
import { startClusterHistory } from "./cluster-history.ts";
import { startEpochGuard } from "./epoch-guard.ts";
import { boardPath, createQueueBoard } from "./queue-board.ts";
import { startWorker } from "./worker.ts";

const config = readWorkerConfig();
const log = createLog({ level: config.logLevel, nodeName: config.nodeName, role: "worker" });
const metrics = createMetrics("worker", config.nodeName);
const tracing = await startTracing(config.tracing, { role: "worker", nodeName: config.nodeName, log });
const database = createDatabase({
  url: config.databaseUrl,
  pooler: config.databasePooler,
  poolSize: config.databasePoolSize,
  applicationName: config.nodeName,
  onError: (error) => log.warn({ err: error }, "a postgres connection failed"),
});
const redis = createPublisherClient(config.redis, log);
const queueRedis = {
  queue: createQueueProducerClient(config.queueRedis, log),
  worker: createQueueConsumerClient(config.queueRedis, log),
};
const redisWaitMs = 3_000;
await Promise.all([untilReady(redis, redisWaitMs), untilReady(queueRedis.queue, redisWaitMs)]);

const onStuck = (part: string) => {
  log.fatal({ part }, "this worker has work and does none");
  process.exit(1);
};
const flights = createFlightRecorder(config.nodeName);
const worker = startWorker({
  flights,
  tracing,
  database,
  redis,
  queueRedis,
  retention: config.retention,
  deliveries: config.deliveries,
  log,
  metrics,
  onStuck,
});
const epochGuard = startEpochGuard({ database, redis: queueRedis.queue, log });
const channelHistory = startChannelHistory({ database, log });
const clusterHistory = startClusterHistory({ redis, log });
const health = createHealth({
  postgres: () => readEpoch(database).then(() => "ok" as const),
  redis: () => (redis.status === "ready" ? "ok" : "degraded"),
  queue: () => (queueRedis.queue.status === "ready" ? "ok" : "degraded"),
});
const { queueBoardPassword } = config;
const board = queueBoardPassword === null ? undefined : createQueueBoard(worker.queues, queueBoardPassword);
const privateServer = createPrivateServer({
  log,
  metrics,
  health,
  board: board && { path: boardPath, listener: board },
});
await listen(privateServer, config.privatePort, config.privateHost);
health.started();
log.info({ privatePort: config.privatePort }, "worker runs");

const beacon = startBeacon({
  name: config.nodeName,
  role: "worker",
  redis,
  health,
  flights,
  stores: { postgres: () => readEpoch(database), queue: () => queueRedis.queue.ping() },
  ...(config.production ? {} : { onHarm: suffer }),
  metrics,
  log,
});

installLifecycle({
  log,
  deadlineMs: 20_000,
  onUnhandledRejection: () => metrics.get("parloir_unhandled_rejections_total").inc(),
  steps: [
    { name: "refuse", run: () => health.draining() },
    { name: "epoch guard", run: () => epochGuard.stop() },
    { name: "cluster history", run: () => clusterHistory.stop() },
    { name: "channel history", run: () => channelHistory.stop() },
    { name: "jobs", run: () => worker.close() },
    { name: "private server", run: () => closeServer(privateServer) },
    { name: "postgres", run: () => database.close() },
    { name: "queue redis", run: () => [queueRedis.queue, queueRedis.worker].map(closeRedis) },
    { name: "beacon", run: () => beacon.stop() },
    { name: "traces", run: () => tracing.stop() },
    { name: "redis", run: () => closeRedis(redis) },
  ],
});
