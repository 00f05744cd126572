import { outboxBits, type ResponseTimesJob } from "@parloir/contracts/jobs.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { Database } from "@parloir/store/database.ts";
import { finishOutbox } from "@parloir/store/outbox.ts";
import { writeWaitsOf } from "./write.ts";

/** Only what a job really ended is observed: one that runs again changes nothing. */
export function createResponseTimesProcessor(options: {
  database: Database;
  metrics: Metrics;
}): (jobs: ResponseTimesJob[]) => Promise<void> {
  const { database } = options;
  const seconds = options.metrics.get("parloir_wait_seconds");
  const unanswered = options.metrics.get("parloir_waits_unanswered_total");
  return async (jobs) => {
    const { changed } = await writeWaitsOf(
      database,
      jobs.flatMap((job) => job.conversationIds),
    );
    for (const { measure, kind, outcome, ms } of changed) {
      if (outcome === "closed_unanswered") unanswered.inc({ measure, kind });
      else if (ms !== null) seconds.observe({ measure, kind }, ms / 1_000);
    }
    await finishOutbox(
      database,
      jobs.flatMap((job) => job.outboxIds),
      outboxBits.responseTimes,
    );
  };
}
