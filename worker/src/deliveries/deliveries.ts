import { queues as catalogue, type DeliveryChannel, deliveryQueues } from "@parloir/contracts/jobs.ts";
import type { DeliveryConfig } from "@parloir/platform/env-deliveries.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { createNetworks } from "@parloir/platform/networks.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { newVapidKeys } from "@parloir/platform/vapid.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Begun, beginDelivery } from "@parloir/store/deliveries.ts";
import { beginDigest } from "@parloir/store/digests.ts";
import { vapidKeys } from "@parloir/store/push.ts";
import type { ConnectionOptions } from "bullmq";
import { type JobQueue, startJobQueue } from "../job-queue.ts";
import { createDeliver } from "./deliver.ts";
import { createDigestPlanner } from "./digests.ts";
import { startDispatch } from "./dispatch.ts";
import { createMailSender, createPost } from "./mails.ts";
import { createOutbound } from "./outbound.ts";
import { createPushSender } from "./pushes.ts";
import { createWebhookSender } from "./webhooks.ts";

export type DeliveryQueue = (typeof deliveryQueues)[DeliveryChannel];

export interface Deliveries {
  /** Those of the ways that are switched on. */
  queues: Partial<Record<DeliveryQueue, Pick<JobQueue<unknown>, "queue" | "waiting">>>;
  planDigests: () => Promise<boolean>;
  /** Hands out nothing more, lets running attempts finish. */
  close: () => Promise<void>;
}

/** After everything that was never tried: an address that fails must not make others wait. */
const retryPriority = 10;

/** What leaves the cluster: the ledger's rows, each way with a queue of its own. */
export function startDeliveries(options: {
  database: Database;
  redis: RedisClient;
  config: DeliveryConfig;
  queueRedis: { queue: ConnectionOptions; worker: ConnectionOptions };
  onJob: (queue: DeliveryQueue) => void;
  log: Log;
  metrics: Metrics;
}): Deliveries {
  const { database, redis, config, log, metrics } = options;
  const outcomes = metrics.get("parloir_deliveries_total");
  const outbound = createOutbound(createNetworks(config.allowedNetworks));
  const post = config.mail && createPost(database, config.mail);

  function start<B extends Begun>(
    channel: DeliveryChannel,
    begin: (database: Database, id: string, take: number) => Promise<B | null>,
    send: (delivery: B) => Promise<string>,
  ) {
    const queue = deliveryQueues[channel];
    const onOutcome = (outcome: string) => outcomes.inc({ channel, outcome });
    const { attempts } = catalogue[queue];
    const deliver = createDeliver({ database, begin, send, attempts, onOutcome });
    const { queueRedis } = options;
    const onJob = () => options.onJob(queue);
    return startJobQueue({ queue, process: (job) => deliver(job.data), onJob, queueRedis, log, metrics });
  }

  const sendWebhook = createWebhookSender({
    database,
    outbound,
    ...config,
    onDisabled: (webhook) =>
      log.warn({ webhook }, "a webhook is disabled: it is gone, or has failed for too long"),
  });
  const keys = () => vapidKeys(database, newVapidKeys);
  // At the first start, so that they are in its first backup: whoever subscribed under other keys is lost to us.
  keys().catch((error) =>
    log.debug({ err: error }, "the keys for web push are made when they are first needed"),
  );
  const sendPush = createPushSender({
    database,
    outbound,
    keys,
    contact: config.pushContact,
    backoffMs: config.backoffMs,
  });
  const queues: Partial<Record<DeliveryQueue, ReturnType<typeof start>>> = {
    webhooks: start("webhook", beginDelivery, sendWebhook),
    pushes: start("push", beginDelivery, sendPush),
  };
  if (config.mail && post) {
    const send = createMailSender({ database, post, ...config.mail, backoffMs: config.backoffMs });
    queues.mails = start("email", beginDigest, send);
  }
  const dispatch = startDispatch({
    database,
    log,
    channels: (Object.keys(deliveryQueues) as DeliveryChannel[]).filter(
      (channel) => queues[deliveryQueues[channel]] !== undefined,
    ),
    onDropped: (channel, count) => outcomes.inc({ channel, outcome: "dropped" }, count),
    addJob: async (queue, job, isRetry) =>
      queues[queue]?.add(`${job.id}-${job.take}`, job, isRetry ? retryPriority : undefined),
  });
  return {
    queues,
    planDigests: config.mail
      ? createDigestPlanner({ database, redis, ...config.mail })
      : () => Promise.resolve(false),
    async close() {
      await dispatch.stop();
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
      post?.close();
      await outbound.close();
    },
  };
}
