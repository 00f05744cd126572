import { createMetrics } from "@parloir/platform/metrics.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { expect, it } from "vitest";
import { watchOutbox } from "./outbox-metrics.ts";

it("the age of the oldest row is not known, and not 0, without Postgres", async () => {
  const metrics = createMetrics("worker", "w");
  const database = createDatabase({
    // The port of discard: nobody answers there.
    url: "postgres://nobody@127.0.0.1:9/nothing",
    poolSize: 1,
    applicationName: "w",
    onError: () => undefined,
  });
  watchOutbox(database, metrics);
  expect((await metrics.get("parloir_outbox_oldest_seconds").get()).values).toEqual([]);
  await database.close();
});
