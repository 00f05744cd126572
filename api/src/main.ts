import { readApiConfig } from "@parloir/platform/env.ts";
import { suffer } from "@parloir/platform/harm.ts";
import { installLifecycle } from "@parloir/platform/lifecycle.ts";
import { createLog } from "@parloir/platform/log.ts";
import { createMetrics } from "@parloir/platform/metrics.ts";
import { closeServer, listen } from "@parloir/platform/private-server.ts";
import { closeRedis, createPublisherClient, untilReady } from "@parloir/platform/redis.ts";
import { startBeacon } from "@parloir/platform/snapshot/beacon.ts";
import { startTracing } from "@parloir/platform/tracing.ts";
import { readEpoch } from "@parloir/store/cluster-state.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { createApi } from "./api.ts";
import { seedDemoPeople } from "./demo.ts";
import { openReplicas } from "./replicas.ts";

const config = readApiConfig();
const log = createLog({ level: config.logLevel, nodeName: config.nodeName, role: "api" });
const metrics = createMetrics("api", config.nodeName);
const tracing = await startTracing(config.tracing, { role: "api", nodeName: config.nodeName, log });
const database = createDatabase({
  url: config.databaseUrl,
  pooler: config.databasePooler,
  poolSize: config.databasePoolSize,
  applicationName: config.nodeName,
  onError: (error) => log.warn({ err: error }, "a postgres connection failed"),
});
const replicas = openReplicas({ config, primary: database, metrics, log });
const redis = createPublisherClient(config.redis, log);
const redisWaitMs = 3_000;
const balancerMs = 1_500;
if (!(await untilReady(redis, redisWaitMs)))
  log.warn("starting without redis: messages are stored, pushes wait");

const api = createApi({ config, database, replicas, redis, tracing, log, metrics });
await listen(api.privateServer, config.privatePort, config.privateHost);
const port = await listen(api.publicServer, config.port, config.host);
api.health.started();
api.collector.start();
replicas.start();
log.info({ port, privatePort: config.privatePort }, "api listens");
if (config.demoAccounts) void seedDemoPeople(database, log);

const beacon = startBeacon({
  name: config.nodeName,
  role: "api",
  redis,
  health: api.health,
  flights: api.flights,
  stores: { postgres: () => readEpoch(database) },
  ...(config.production ? {} : { onHarm: suffer }),
  metrics,
  log,
});

installLifecycle({
  log,
  deadlineMs: 15_000,
  onUnhandledRejection: () => metrics.get("parloir_unhandled_rejections_total").inc(),
  steps: [
    { name: "refuse", run: () => api.health.draining() },
    // Until the balancer has noticed, it sends requests that deserve an answer.
    { name: "balancer", run: () => new Promise((resolve) => setTimeout(resolve, balancerMs)) },
    { name: "public server", run: () => closeServer(api.publicServer) },
    { name: "commits", run: () => api.commitQueue.drained() },
    { name: "private server", run: () => closeServer(api.privateServer) },
    { name: "collector", run: () => api.collector.stop() },
    { name: "files", run: () => api.close() },
    { name: "replicas", run: () => replicas.close() },
    { name: "postgres", run: () => database.close() },
    { name: "beacon", run: () => beacon.stop() },
    { name: "traces", run: () => tracing.stop() },
    { name: "redis", run: () => closeRedis(redis) },
  ],
});
