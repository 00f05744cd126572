import { type Api, createApi } from "@parloir/api/api.ts";
import { openReplicas } from "@parloir/api/replicas.ts";
import type { NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { createGateway, type Gateway } from "@parloir/gateway/gateway.ts";
import {
  type ApiConfig,
  readApiConfig,
  readGatewayConfig,
  readWorkerConfig,
  type WorkerConfig,
} from "@parloir/platform/env.ts";
import { createFlightRecorder } from "@parloir/platform/flights.ts";
import { createHealth } from "@parloir/platform/health.ts";
import type { Log } from "@parloir/platform/log.ts";
import { createMetrics, type Metrics } from "@parloir/platform/metrics.ts";
import { closeServer, listen } from "@parloir/platform/private-server.ts";
import {
  closeRedis,
  createPublisherClient,
  createQueueConsumerClient,
  createQueueProducerClient,
  createSubscriberClient,
  untilReady,
} from "@parloir/platform/redis.ts";
import { startBeacon } from "@parloir/platform/snapshot/beacon.ts";
import { startTracing } from "@parloir/platform/tracing.ts";
import { readEpoch } from "@parloir/store/cluster-state.ts";
import { createDatabase, type Database } from "@parloir/store/database.ts";
import { startClusterHistory } from "@parloir/worker/cluster-history.ts";
import { startEpochGuard } from "@parloir/worker/epoch-guard.ts";
import { startWorker } from "@parloir/worker/worker.ts";

/** The processes of the cluster, composed as their `main.ts` does, on ports that the OS chooses. */

export type Environment = Record<string, string>;

export interface Node {
  name: string;
  metrics: Metrics;
  /** Every one that it took, posted or not. */
  snapshots: NodeSnapshot[];
  /** In the order in which `main.ts` lets go. */
  stop: () => Promise<void>;
}

export interface GatewayNode extends Node {
  gateway: Gateway;
  /** How often an admin wanted it to drain. `main.ts` ends the process then. */
  drains: { wished: number };
  port: number;
  url: string;
}

export interface ApiNode extends Node {
  api: Api;
  database: Database;
  port: number;
  url: string;
  privateUrl: string;
}

const host = "127.0.0.1";
const redisWaitMs = 3_000;

export async function startApi(name: string, env: Environment, log: Log): Promise<ApiNode> {
  const config = readApiConfig({ ...env, NODE_NAME: name });
  const metrics = createMetrics("api", name);
  const tracing = await startTracing(config.tracing, { role: "api", nodeName: name, log });
  const database = openDatabase(config, log);
  const replicas = openReplicas({ config, primary: database, metrics, log });
  const redis = createPublisherClient(config.redis, log);
  await untilReady(redis, redisWaitMs);
  const api = createApi({ config, database, replicas, redis, tracing, log, metrics });
  const privatePort = await listen(api.privateServer, 0, host);
  const port = await listen(api.publicServer, 0, host);
  api.health.started();
  replicas.start();
  const snapshots: NodeSnapshot[] = [];
  const beacon = startBeacon({
    name,
    role: "api",
    redis,
    health: api.health,
    flights: api.flights,
    stores: { postgres: () => readEpoch(database) },
    onTaken: (snapshot) => void snapshots.push(snapshot),
    metrics,
    log,
  });
  const privateUrl = `http://${host}:${privatePort}`;
  const stop = async () => {
    api.health.draining();
    await beacon.stop();
    await closeServer(api.publicServer);
    await api.commitQueue.drained();
    await closeServer(api.privateServer);
    await api.collector.stop();
    api.close();
    await replicas.close();
    await database.close();
    await tracing.stop();
    closeRedis(redis);
  };
  return { name, metrics, snapshots, api, database, port, url: `http://${host}:${port}`, privateUrl, stop };
}

export async function startGateway(name: string, env: Environment, log: Log): Promise<GatewayNode> {
  const config = readGatewayConfig({ ...env, NODE_NAME: name });
  const metrics = createMetrics("gateway", name);
  const tracing = await startTracing(config.tracing, { role: "gateway", nodeName: name, log });
  const publisher = createPublisherClient(config.redis, log);
  const subscriber = createSubscriberClient(config.redis, log);
  await Promise.all([untilReady(publisher, redisWaitMs), untilReady(subscriber, redisWaitMs)]);
  const gateway = createGateway({ config, publisher, subscriber, tracing, log, metrics });
  const port = await listen(gateway.publicServer, 0, host);
  gateway.health.started();
  const drains = { wished: 0 };
  const onDrain = () => {
    drains.wished += 1;
  };
  const { health } = gateway;
  const snapshots: NodeSnapshot[] = [];
  const beacon = startBeacon({
    name,
    role: "gateway",
    redis: publisher,
    health,
    flights: gateway.flights,
    onTaken(snapshot) {
      snapshots.push(snapshot);
      gateway.tellOwn(snapshot);
    },
    metrics,
    log,
    onDrain,
  });
  const stop = async () => {
    await beacon.stop();
    await gateway.close();
    await tracing.stop();
    closeRedis(publisher);
    closeRedis(subscriber);
  };
  return { name, metrics, snapshots, gateway, drains, port, url: `http://${host}:${port}`, stop };
}

export async function startWorkerNode(name: string, env: Environment, log: Log): Promise<Node> {
  const config = readWorkerConfig({ ...env, NODE_NAME: name });
  const metrics = createMetrics("worker", name);
  const tracing = await startTracing(config.tracing, { role: "worker", nodeName: name, log });
  const database = openDatabase(config, log);
  const redis = createPublisherClient(config.redis, log);
  const queueRedis = {
    queue: createQueueProducerClient(config.queueRedis, log),
    worker: createQueueConsumerClient(config.queueRedis, log),
  };
  await Promise.all([untilReady(redis, redisWaitMs), untilReady(queueRedis.queue, redisWaitMs)]);
  const flights = createFlightRecorder(name);
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
    onStuck: (part) => log.error({ part }, "the worker is stuck"),
  });
  const epochGuard = startEpochGuard({ database, redis: queueRedis.queue, log });
  const clusterHistory = startClusterHistory({ redis, log });
  const health = createHealth({});
  health.started();
  const snapshots: NodeSnapshot[] = [];
  const beacon = startBeacon({
    name,
    role: "worker",
    redis,
    health,
    flights,
    stores: { postgres: () => readEpoch(database), queue: () => queueRedis.queue.ping() },
    onTaken: (snapshot) => void snapshots.push(snapshot),
    metrics,
    log,
  });
  const stop = async () => {
    epochGuard.stop();
    clusterHistory.stop();
    await beacon.stop();
    await worker.close();
    await database.close();
    await tracing.stop();
    closeRedis(queueRedis.queue);
    closeRedis(queueRedis.worker);
    closeRedis(redis);
  };
  return { name, metrics, snapshots, stop };
}

function openDatabase(config: ApiConfig | WorkerConfig, log: Log): Database {
  return createDatabase({
    url: config.databaseUrl,
    pooler: config.databasePooler,
    poolSize: 6,
    applicationName: config.nodeName,
    onError: (error) => log.warn({ err: error }, "a postgres connection failed"),
  });
}
