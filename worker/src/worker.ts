import { type Jobs, type NotifyJob, type OutboxQueue, outboxBits, queues } from "@parloir/contracts/jobs.ts";
import type { RetentionPolicy } from "@parloir/contracts/privacy.ts";
import type { DeliveryConfig } from "@parloir/platform/env-deliveries.ts";
import type { FlightRecorder } from "@parloir/platform/flights.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { createRoomPublisher } from "@parloir/platform/publisher.ts";
import type { Redis, RedisClient } from "@parloir/platform/redis.ts";
import type { Tracing } from "@parloir/platform/tracing.ts";
import type { Database } from "@parloir/store/database.ts";
import { countOutbox } from "@parloir/store/outbox.ts";
import type { ConnectionOptions, Queue } from "bullmq";
import { startAssignment } from "./assignment.ts";
import { type Deliveries, type DeliveryQueue, startDeliveries } from "./deliveries/deliveries.ts";
import { gatherJobs } from "./gather.ts";
import { type JobQueue, startJobQueue } from "./job-queue.ts";
import { type LivenessTimes, watchLiveness } from "./liveness.ts";
import { startLostCalls } from "./lost-calls.ts";
import { createMaintenance, scheduleMaintenance } from "./maintenance.ts";
import { watchOutbox } from "./outbox-metrics.ts";
import { startPrivacy } from "./privacy.ts";
import { createNotifyProcessor } from "./processors/notify.ts";
import { watchQueues } from "./queue-metrics.ts";
import { type Relay, startRelay } from "./relay.ts";
import { createResponseTimesProcessor } from "./response-times/processor.ts";
import { createSearchProcessor } from "./search/processor.ts";
import { beginJob, endJob } from "./traced-jobs.ts";

export interface WorkerParts {
  relay: Relay;
  /** For the board. */
  queues: Queue[];
  /** Lets running jobs finish, then closes the queues. */
  close: () => Promise<void>;
}

/** The relay and the processors of one worker process; several share the queues. */
export function startWorker(options: {
  database: Database;
  redis: RedisClient;
  /** Two clients: a worker's blocks. */
  queueRedis: { queue: Redis; worker: ConnectionOptions };
  retention: RetentionPolicy;
  deliveries: DeliveryConfig;
  /** This worker has work and does none: end the process. */
  onStuck: (part: string) => void;
  /** When it counts as stuck. */
  liveness?: LivenessTimes;
  flights: FlightRecorder;
  tracing: Tracing;
  log: Log;
  metrics: Metrics;
}): WorkerParts {
  const { database, redis, tracing, flights, log, metrics } = options;
  const publishes = metrics.get("parloir_publishes_total");
  const notifications = metrics.get("parloir_notifications_total");
  const notificationSeconds = metrics.get("parloir_notification_seconds");
  const publisher = createRoomPublisher({
    redis,
    tracing,
    log,
    onPublished: (receivers) => publishes.inc({ outcome: receivers > 0 ? "received" : "nobody" }),
    onFailed: () => publishes.inc({ outcome: "failed" }),
  });
  const notifyMembers = createNotifyProcessor({
    database,
    redis,
    publisher,
    log,
    mailAfterSeconds: options.deliveries.mail?.afterSeconds ?? null,
    onWritten: (ageSeconds) => {
      notifications.inc();
      notificationSeconds.observe(ageSeconds);
    },
  });
  const notify = async (job: NotifyJob) => {
    const spans = beginJob(tracing, "notify", job.messages);
    await endJob(spans, notifyMembers(job));
    for (const message of job.messages)
      flights.note(message, "job", { queue: "notify", traceparent: spans.get(message)?.traceparent });
  };
  const shared = { queueRedis: options.queueRedis, log, metrics };
  const search = gathered("search", createSearchProcessor(database));
  const responseTimes = gathered("responseTimes", createResponseTimesProcessor({ database, metrics }));
  const deliveries = startDeliveries({
    database,
    redis,
    config: options.deliveries,
    onJob: (queue) => liveness.progressed(queue),
    ...shared,
  });
  const maintenance = createMaintenance({ database, planDigests: deliveries.planDigests });
  const jobQueues = {
    notify: startJobQueue({
      queue: "notify",
      process: (job) => notify(job.data),
      onJob: () => liveness.progressed("jobs"),
      ...shared,
    }),
    search: startJobQueue({
      queue: "search",
      process: ({ data }) => endJob(beginJob(tracing, "search", data.messages), search(data)),
      onJob: () => liveness.progressed("search"),
      ...shared,
    }),
    responseTimes: startJobQueue({
      queue: "responseTimes",
      process: (job) => responseTimes(job.data),
      onJob: () => liveness.progressed("response times"),
      ...shared,
    }),
    maintenance: startJobQueue({
      queue: "maintenance",
      process: (job) => maintenance(job.data),
      onJob: () => liveness.progressed("maintenance"),
      ...shared,
    }),
  };
  const liveness = watchLiveness({
    log,
    times: options.liveness,
    onStuck: options.onStuck,
    queueTakes: () => takesWrites(options.queueRedis.queue),
    waiting: {
      jobs: jobQueues.notify.waiting,
      search: jobQueues.search.waiting,
      "response times": jobQueues.responseTimes.waiting,
      maintenance: jobQueues.maintenance.waiting,
      ...waitingOf(deliveries.queues),
      relay: () => countOutbox(database).catch(() => undefined),
    },
  });
  const served = Object.values({ ...jobQueues, ...deliveries.queues }).map(({ queue }) => queue);
  watchQueues(served, metrics);
  watchOutbox(database, metrics);
  const schedules = scheduleMaintenance(jobQueues.maintenance.queue, log);
  const relay = startRelay({
    database,
    log,
    metrics,
    onRelayed(messages) {
      for (const message of messages) flights.note(message, "relayed", { traceparent: message.traceparent });
    },
    onRound: () => liveness.progressed("relay"),
    addJob: (queue, id, job) => (jobQueues[queue] as JobQueue<typeof job>).add(id, job),
    async isFull() {
      const queues = (Object.keys(outboxBits) as OutboxQueue[]).map((queue) => jobQueues[queue]);
      return (await Promise.all(queues.map((queue) => queue.isFull()))).includes(true);
    },
  });
  const assignment = startAssignment({ database, redis, publisher, log, metrics });
  const lostCalls = startLostCalls({ database, redis, publisher, log });
  const privacy = startPrivacy({ database, redis, publisher, policy: options.retention, ...shared });
  return {
    relay,
    queues: served,
    async close() {
      liveness.stop();
      schedules.stop();
      await assignment.stop();
      await lostCalls.stop();
      await relay.stop();
      await privacy.close();
      await deliveries.close();
      await Promise.all(Object.values(jobQueues).map((queue) => queue.close()));
    },
  };
}

function gathered<Q extends "search" | "responseTimes">(
  queue: Q,
  process: (jobs: Jobs[Q][]) => Promise<void>,
): (job: Jobs[Q]) => Promise<void> {
  const { gatherMs, concurrency } = queues[queue];
  return gatherJobs({ process, gatherMs, atMost: concurrency });
}

/** A question would not do: a Redis that is full answers each, and takes no job. */
async function takesWrites(redis: Redis): Promise<boolean> {
  return (await redis.set("parloir:alive", Date.now(), "EX", 60)) === "OK";
}

/** A way that is switched off never waits. */
function waitingOf(queues: Deliveries["queues"]): Record<DeliveryQueue, () => Promise<number | undefined>> {
  const none = () => Promise.resolve(0);
  const of = (queue: DeliveryQueue) => queues[queue]?.waiting ?? none;
  return { webhooks: of("webhooks"), pushes: of("pushes"), mails: of("mails") };
}
