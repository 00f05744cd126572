import path from "node:path";
import { startPostgres } from "@parloir/local/postgres.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { migrate } from "@parloir/store/migrate.ts";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A migrated database that nobody connects to, so that it can be cloned: see `cloneDatabase`. */
    templateUrl: string;
  }
}

/**
 * One real Postgres for the run, with one migrated template that every cluster clones. Redis is not shared: room
 * channels are global to a Redis, so each cluster starts its own (50 ms).
 *
 * fsync is off: what these tests claim is about COMMIT, not about power cuts.
 */
export default async function startServices(project: TestProject): Promise<() => Promise<void>> {
  const folder = await temporaryFolder();
  const postgres = await startPostgres({ dir: path.join(folder.dir, "postgres"), fsync: false });
  const templateUrl = new URL(postgres.url);
  templateUrl.pathname = "/template";
  await migrate(templateUrl.href);
  project.provide("templateUrl", templateUrl.href);
  return async () => {
    await postgres.remove();
    await folder.remove();
    // Sweeps what a test process that was killed has left running.
    await (await temporaryFolder()).remove();
  };
}
