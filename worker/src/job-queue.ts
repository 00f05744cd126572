import { type Jobs, type QueueName, queues } from "@parloir/contracts/jobs.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { type ConnectionOptions, Queue, Worker } from "bullmq";

/** One queue of the catalogue with this process's share of its work. */
export interface JobQueue<Job> {
  add: (id: string, job: Job) => Promise<void>;
  /** Jobs that wait, or undefined when the queue cannot be asked. */
  waiting: () => Promise<number | undefined>;
  /** Lets running jobs finish. */
  close: () => Promise<void>;
}

export function startJobQueue<Q extends QueueName>(options: {
  queue: Q;
  process: (job: { data: Jobs[Q] }) => Promise<void>;
  /** After every job, whatever became of it. */
  onJob: () => void;
  /** Two clients: a worker's blocks. */
  queueRedis: { queue: ConnectionOptions; worker: ConnectionOptions };
  log: Log;
  metrics: Metrics;
}): JobQueue<Jobs[Q]> {
  const { log, metrics, queueRedis } = options;
  const { name, concurrency, attempts, backoffMs, keepCompleted, keepFailed } = queues[options.queue];
  // BullMQ derives types from the payload's, which do not resolve for a type parameter.
  const queue = new Queue<unknown, unknown, string>(name, {
    connection: queueRedis.queue,
    defaultJobOptions: {
      attempts,
      backoff: { type: "exponential", delay: backoffMs },
      removeOnComplete: keepCompleted,
      removeOnFail: keepFailed,
    },
  });
  queue.on("error", (error) => log.debug({ err: error, queue: name }, "queue connection"));
  const worker = new Worker<Jobs[Q]>(name, (job) => options.process({ data: job.data as Jobs[Q] }), {
    connection: queueRedis.worker,
    concurrency,
  });
  watch(worker as Worker, log, metrics);
  worker.on("completed", options.onJob);
  worker.on("failed", options.onJob);
  return {
    add: async (id, job) => void (await queue.add(name, job, { jobId: id })),
    waiting: () => queue.getWaitingCount().catch(() => undefined),
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}

function watch(worker: Worker, log: Log, metrics: Metrics): void {
  const jobs = metrics.get("parloir_jobs_total");
  const duration = metrics.get("parloir_job_seconds");
  const queue = worker.name;
  worker.on("completed", (job) => {
    jobs.inc({ queue, outcome: "completed" });
    if (job.finishedOn && job.processedOn)
      duration.observe({ queue }, (job.finishedOn - job.processedOn) / 1_000);
  });
  worker.on("failed", (job, error) => {
    jobs.inc({ queue, outcome: "failed" });
    log.warn({ err: error, queue, job: job?.id, attempt: job?.attemptsMade }, "a job failed");
  });
  worker.on("error", (error) => log.debug({ err: error, queue }, "worker connection"));
}
