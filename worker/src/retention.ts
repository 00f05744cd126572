import type { Log } from "@parloir/platform/log.ts";
import { type ConnectionOptions, Queue, Worker } from "bullmq";

/**
 * Runs the retention every so many minutes, for the first time as soon as there is a schedule, once however many workers there are: the schedule is one
 * entry in the queue's Redis, which every worker writes anew, and each run one job.
 */
export interface Retention {
  close: () => Promise<void>;
}

const queueName = "retention";
const retryMs = 5_000;

export function startRetention(options: {
  everyMinutes: number;
  run: (isStopping: () => boolean) => Promise<void>;
  queueRedis: { queue: ConnectionOptions; worker: ConnectionOptions };
  log: Log;
}): Retention {
  const { queueRedis, log } = options;
  const queue = new Queue(queueName, { connection: queueRedis.queue });
  queue.on("error", (error) => log.debug({ err: error, queue: queueName }, "queue connection"));
  let stopping = false;
  let retry: NodeJS.Timeout | undefined;
  const worker = new Worker(queueName, () => options.run(() => stopping), {
    connection: queueRedis.worker,
    concurrency: 1,
  });
  worker.on("error", (error) => log.debug({ err: error, queue: queueName }, "worker connection"));
  worker.on("failed", (_, error) =>
    log.warn({ err: error }, "a run of the retention failed: the next goes on"),
  );
  let scheduled = schedule();

  async function schedule(): Promise<void> {
    try {
      await queue.upsertJobScheduler(
        queueName,
        { every: options.everyMinutes * 60_000 },
        { name: queueName, opts: { removeOnComplete: true, removeOnFail: true } },
      );
    } catch (error) {
      log.debug({ err: error }, "the retention could not be scheduled yet");
      if (stopping) return;
      retry = setTimeout(() => {
        scheduled = schedule();
      }, retryMs);
      retry.unref();
    }
  }

  return {
    async close() {
      stopping = true;
      clearTimeout(retry);
      await scheduled;
      await worker.close();
      await queue.close();
    },
  };
}
