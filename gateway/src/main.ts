import { readGatewayConfig } from "@parloir/platform/env.ts";
import { suffer } from "@parloir/platform/harm.ts";
import { installLifecycle } from "@parloir/platform/lifecycle.ts";
import { createLog } from "@parloir/platform/log.ts";
import { createMetrics } from "@parloir/platform/metrics.ts";
import { closeServer, createPrivateServer, listen } from "@parloir/platform/private-server.ts";
import {
  closeRedis,
  createPublisherClient,
  createSubscriberClient,
  untilReady,
} from "@parloir/platform/redis.ts";
import { startBeacon } from "@parloir/platform/snapshot/beacon.ts";
import { readBoard } from "@parloir/platform/snapshot/board.ts";
import { startTracing } from "@parloir/platform/tracing.ts";
import { addressOf, otherGateways } from "./address.ts";
import { startCanary } from "./canary/canary.ts";
import { createGateway } from "./gateway.ts";

const config = readGatewayConfig();
const log = createLog({ level: config.logLevel, nodeName: config.nodeName, role: "gateway" });
const metrics = createMetrics("gateway", config.nodeName);
const tracing = await startTracing(config.tracing, { role: "gateway", nodeName: config.nodeName, log });
const publisher = createPublisherClient(config.redis, log);
const subscriber = createSubscriberClient(config.redis, log);
const redisWaitMs = 3_000;
const reachable = await Promise.all([
  untilReady(publisher, redisWaitMs),
  untilReady(subscriber, redisWaitMs),
]);
if (reachable.includes(false)) log.warn("starting without redis: messages travel by polled heads");

const gateway = createGateway({ config, publisher, subscriber, tracing, log, metrics });
const privateServer = createPrivateServer({ log, metrics, health: gateway.health });
await listen(privateServer, config.privatePort, config.privateHost);
const port = await listen(gateway.publicServer, config.port, config.host);
gateway.health.started();
log.info({ port, privatePort: config.privatePort }, "gateway listens");

const address = addressOf(config.host, port);
const beacon = startBeacon({
  name: config.nodeName,
  role: "gateway",
  redis: publisher,
  health: gateway.health,
  metrics,
  log,
  address,
  flights: gateway.flights,
  onTaken: gateway.tellOwn,
  ...(config.production ? {} : { onHarm: suffer }),
  onDrain: () => void process.kill(process.pid, "SIGTERM"),
});

const { canaryMs: everyMs, nodeName: node, internalSecret: secret } = config;
const canary =
  everyMs === 0
    ? null
    : startCanary({
        node,
        address,
        secret,
        everyMs,
        others: async () => otherGateways(await readBoard(publisher), node),
        conversation: (userId) => gateway.openCanaryConversation(userId),
        log,
        metrics,
      });

installLifecycle({
  log,
  deadlineMs: config.drainMs + 10_000,
  onUnhandledRejection: () => metrics.get("parloir_unhandled_rejections_total").inc(),
  steps: [
    { name: "canary", run: () => canary?.stop() },
    { name: "drain", run: () => gateway.drain() },
    { name: "gateway", run: () => gateway.close() },
    { name: "private server", run: () => closeServer(privateServer) },
    { name: "beacon", run: () => beacon.stop() },
    { name: "traces", run: () => tracing.stop() },
    { name: "redis", run: () => [publisher, subscriber].map(closeRedis) },
  ],
});
