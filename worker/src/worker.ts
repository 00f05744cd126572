import { type NotifyJob, queues } from "@parloir/contracts/jobs.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { createRoomPublisher } from "@parloir/platform/publisher.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { Database } from "@parloir/store/database.ts";
import { countOutbox } from "@parloir/store/outbox.ts";
import { type ConnectionOptions, Queue, Worker } from "bullmq";
import { type LivenessTimes, watchLiveness } from "./liveness.ts";
import { createNotifyProcessor } from "./processors/notify.ts";
import { type Relay, startRelay } from "./relay.ts";

export interface WorkerParts {
  relay: Relay;
  /** Lets running jobs finish, then closes the queues. */
  close: () => Promise<void>;
}

/** The relay and the processors of one worker process; several share the queues. */
export function startWorker(options: {
  database: Database;
  redis: RedisClient;
  /** Two clients: a worker's blocks. */
  queueRedis: { queue: ConnectionOptions; worker: ConnectionOptions };
  /** This worker has work and does none: end the process. */
  onStuck: (part: string) => void;
  /** When it counts as stuck. */
  liveness?: LivenessTimes;
  log: Log;
  metrics: Metrics;
}): WorkerParts {
  const { database, redis, log, metrics } = options;
  const publishes = metrics.get("parloir_publishes_total");
  const notifications = metrics.get("parloir_notifications_total");
  const publisher = createRoomPublisher({
    redis,
    log,
    onPublished: (receivers) => publishes.inc({ outcome: receivers > 0 ? "received" : "nobody" }),
    onFailed: () => publishes.inc({ outcome: "failed" }),
  });
  const notify = createNotifyProcessor({
    database,
    redis,
    publisher,
    log,
    onWritten: (count) => notifications.inc(count),
  });
  const { name, concurrency, attempts, backoffMs, keepCompleted, keepFailed } = queues.notify;
  const queue = new Queue<NotifyJob>(name, {
    connection: options.queueRedis.queue,
    defaultJobOptions: {
      attempts,
      backoff: { type: "exponential", delay: backoffMs },
      removeOnComplete: keepCompleted,
      removeOnFail: keepFailed,
    },
  });
  const processor = new Worker<NotifyJob>(name, (job) => notify(job.data), {
    connection: options.queueRedis.worker,
    concurrency,
  });
  watch(processor, log, metrics);
  const liveness = watchLiveness({
    log,
    times: options.liveness,
    onStuck: options.onStuck,
    waitingJobs: () => queue.getWaitingCount().catch(() => undefined),
    waitingRows: () => countOutbox(database).catch(() => undefined),
  });
  processor.on("completed", () => liveness.progressed("jobs"));
  processor.on("failed", () => liveness.progressed("jobs"));
  queue.on("error", (error) => log.debug({ err: error }, "queue connection"));
  const relay = startRelay({
    database,
    log,
    metrics,
    onRound: () => liveness.progressed("relay"),
    addJob: async (id, job) => void (await queue.add(name, job, { jobId: id })),
  });
  return {
    relay,
    async close() {
      liveness.stop();
      await relay.stop();
      await processor.close();
      await queue.close();
    },
  };
}

function watch(processor: Worker<NotifyJob>, log: Log, metrics: Metrics): void {
  const jobs = metrics.get("parloir_jobs_total");
  const duration = metrics.get("parloir_job_seconds");
  const queue = processor.name;
  processor.on("completed", (job) => {
    jobs.inc({ queue, outcome: "completed" });
    if (job.finishedOn && job.processedOn)
      duration.observe({ queue }, (job.finishedOn - job.processedOn) / 1_000);
  });
  processor.on("failed", (job, error) => {
    jobs.inc({ queue, outcome: "failed" });
    log.warn({ err: error, queue, job: job?.id, attempt: job?.attemptsMade }, "a job failed");
  });
  processor.on("error", (error) => log.debug({ err: error, queue }, "worker connection"));
}
