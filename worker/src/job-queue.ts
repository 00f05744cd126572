import { type Jobs, mostWaitingJobs, type QueueName, queues } from "@parloir/contracts/jobs.ts";
import { parse } from "@parloir/contracts/parse.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { type ConnectionOptions, Queue, Worker } from "bullmq";

/** One queue of the catalogue with this process's share of its work. */
export interface JobQueue<Job> {
  queue: Queue;
  /** Without a priority, before all that have one; a higher number is done later. */
  add: (id: string, job: Job, priority?: number) => Promise<void>;
  /** Jobs that wait, or undefined when the queue cannot be asked. */
  waiting: () => Promise<number | undefined>;
  /** As much waits as may. @throws when the queue cannot be asked */
  isFull: () => Promise<boolean>;
  /** Lets running jobs finish. */
  close: () => Promise<void>;
}

/** So soon a worker that could not ask for a job asks again: BullMQ by itself waits for 15 s. */
const retryMs = 1_000;

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
  const settings: QueueSettings = queues[options.queue];
  const { name, schema, concurrency, backoffMs, timeoutMs, keepCompleted, keepFailed } = settings;
  const queue = new Queue(name, {
    connection: queueRedis.queue,
    defaultJobOptions: {
      attempts: settings.ledger ? 1 : settings.attempts,
      backoff: { type: "exponential", delay: backoffMs },
      removeOnComplete: keepCompleted,
      removeOnFail: keepFailed,
    },
  });
  queue.on("error", (error) => log.debug({ err: error, queue: name }, "queue connection"));
  const process = (job: { data: unknown }) =>
    withinMs(timeoutMs, options.process({ data: parse(schema, job.data) as Jobs[Q] }));
  const worker = new Worker(name, process, {
    connection: queueRedis.worker,
    concurrency,
    runRetryDelay: retryMs,
    ...(settings.rate ? { limiter: settings.rate } : {}),
  });
  watch(worker, log, metrics);
  worker.on("completed", options.onJob);
  worker.on("failed", options.onJob);
  const count = () => queue.getJobCountByTypes("waiting", "prioritized");
  return {
    queue,
    async add(id, job, priority) {
      await queue.add(name, job, priority === undefined ? { jobId: id } : { jobId: id, priority });
    },
    waiting: () => count().catch(() => undefined),
    isFull: async () => (await count()) >= mostWaitingJobs,
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}

/** One entry of the catalogue, whichever. */
type QueueSettings = (typeof queues)[QueueName] & {
  ledger?: true;
  rate?: { max: number; duration: number };
};

/** What goes on after its time is up does no harm: every effect may happen again. */
async function withinMs(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

function watch(worker: Worker, log: Log, metrics: Metrics): void {
  const jobs = metrics.get("parloir_jobs_total");
  const duration = metrics.get("parloir_job_seconds");
  const waited = metrics.get("parloir_job_wait_seconds");
  const queue = worker.name;
  worker.on("active", (job) => {
    if (job.processedOn)
      waited.observe({ queue }, Math.max(job.processedOn - job.timestamp - job.delay, 0) / 1_000);
  });
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
