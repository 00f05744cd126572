import type { Log } from "@parloir/platform/log.ts";
import type { Database } from "@parloir/store/database.ts";
import { openErasures } from "@parloir/store/erasure.ts";
import { type ConnectionOptions, Queue, Worker } from "bullmq";
import type { Erase, EraseJob } from "./processors/erase.ts";

/**
 * The jobs that erase people. The table says what is to be done: every worker looks there and adds a job for each
 * that is not; the queue takes one of each id, and a queue that lost its jobs gets them again. A job whose worker was
 * killed is taken by another when its lock has run out (30 s).
 */
export interface Erasures {
  /** The running job stops after the conversation it is at, and goes on elsewhere. */
  close: () => Promise<void>;
}

const queueName = "erase";
const lookMs = 1_000;
const atOnce = 20;

export function startErasures(options: {
  database: Database;
  queueRedis: { queue: ConnectionOptions; worker: ConnectionOptions };
  erase: Erase;
  log: Log;
}): Erasures {
  const { database, queueRedis, log } = options;
  let stopping = false;
  const queue = new Queue<unknown, unknown, string>(queueName, {
    connection: queueRedis.queue,
    // Removed either way: an id that stays could not be added again.
    defaultJobOptions: {
      attempts: 5,
      backoff: { type: "exponential", delay: 500 },
      removeOnComplete: true,
      removeOnFail: true,
    },
  });
  queue.on("error", (error) => log.debug({ err: error, queue: queueName }, "queue connection"));
  const worker = new Worker<EraseJob>(
    queueName,
    (job) => {
      let done = 0;
      return options.erase(job.data, async () => {
        await job.updateProgress({ conversations: ++done });
        if (stopping) throw new Error("this worker ends");
      });
    },
    { connection: queueRedis.worker, concurrency: 1 },
  );
  worker.on("error", (error) => log.debug({ err: error, queue: queueName }, "worker connection"));
  worker.on("failed", (job, error) =>
    log.warn({ err: error, attempt: job?.attemptsMade }, "an erasure goes on later"),
  );
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, lookMs);
  timer.unref();
  let looking = Promise.resolve();

  async function look(): Promise<void> {
    try {
      for (const userId of await openErasures(database, atOnce))
        await queue.add(
          queueName,
          { userId },
          { jobId: `erase-${Buffer.from(userId).toString("base64url")}` },
        );
    } catch (error) {
      log.debug({ err: error }, "erasures could not be looked for");
    }
  }

  return {
    async close() {
      stopping = true;
      clearInterval(timer);
      await looking;
      await worker.close();
      await queue.close();
    },
  };
}
