import { outboxBits, type SearchJob } from "@parloir/contracts/jobs.ts";
import type { Database } from "@parloir/store/database.ts";
import { finishOutbox } from "@parloir/store/outbox.ts";
import { createIndexer } from "@parloir/store/search-index.ts";

/** Makes committed messages findable. Again is the same. */
export function createSearchProcessor(database: Database): (jobs: SearchJob[]) => Promise<void> {
  const index = createIndexer(database);
  return async (jobs) => {
    await index(jobs.flatMap((job) => job.messages));
    await finishOutbox(
      database,
      jobs.flatMap((job) => job.outboxIds),
      outboxBits.search,
    );
  };
}
