import { type DeliveryChannel, deliveryQueues, type QueueName } from "@parloir/contracts/jobs.ts";
import type { DeliveryConfig } from "@parloir/platform/env-deliveries.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { createNetworks } from "@parloir/platform/networks.ts";
import type { Database } from "@parloir/store/database.ts";
import type { ConnectionOptions } from "bullmq";
import { type JobQueue, startJobQueue } from "../job-queue.ts";
import { createDeliver, type Send } from "./deliver.ts";
import { startDispatch } from "./dispatch.ts";
import { createOutbound } from "./outbound.ts";
import { createWebhookSender } from "./webhooks.ts";

type DeliveryQueue = (typeof deliveryQueues)[DeliveryChannel];

export interface Deliveries {
  queues: { [Q in DeliveryQueue]: Pick<JobQueue<unknown>, "queue" | "waiting"> };
  /** Hands out nothing more, lets running attempts finish. */
  close: () => Promise<void>;
}

/** After everything that was never tried: an address that fails must not make others wait. */
const retryPriority = 10;

/** What leaves the cluster: the ledger's rows, each way with a queue of its own. */
export function startDeliveries(options: {
  database: Database;
  config: DeliveryConfig;
  queueRedis: { queue: ConnectionOptions; worker: ConnectionOptions };
  onJob: (queue: DeliveryQueue) => void;
  log: Log;
  metrics: Metrics;
}): Deliveries {
  const { database, config, log, metrics } = options;
  const outcomes = metrics.get("parloir_deliveries_total");
  const outbound = createOutbound(createNetworks(config.allowedNetworks));
  const start = (channel: DeliveryChannel, send: Send) => {
    const queue = deliveryQueues[channel];
    const onOutcome = (outcome: string) => outcomes.inc({ channel, outcome });
    const deliver = createDeliver({ database, send, onOutcome });
    return startJobQueue({
      queue,
      process: (job) => deliver(job.data),
      onJob: () => options.onJob(queue),
      queueRedis: options.queueRedis,
      log,
      metrics,
    });
  };
  const queues = {
    webhooks: start(
      "webhook",
      createWebhookSender({
        database,
        outbound,
        ...config,
        onDisabled: (webhook) => log.warn({ webhook }, "a webhook is disabled: it has failed for too long"),
      }),
    ),
  };
  const dispatch = startDispatch({
    database,
    log,
    addJob: (queue, job, isRetry) =>
      queues[queue].add(`${job.id}-${job.take}`, job, isRetry ? retryPriority : undefined),
  });
  return {
    queues,
    async close() {
      await dispatch.stop();
      await Promise.all(
        (Object.keys(queues) as QueueName[] as DeliveryQueue[]).map((name) => queues[name].close()),
      );
      await outbound.close();
    },
  };
}
