import { readMigrateConfig, readWorkerConfig } from "@parloir/platform/env.ts";
import { createLog } from "@parloir/platform/log.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { rebuildSearch } from "./rebuild.ts";

/** `npm run search:rebuild` makes findable what the search index lacks, while the cluster runs. */
const config = readWorkerConfig();
const log = createLog({ level: config.logLevel, nodeName: "rebuild", role: "worker" });
// Behind a pooler the role's own limit would end statements of this length.
const { directDatabaseUrl: url } = readMigrateConfig();
const statementTimeoutMs = 60_000;
const database = createDatabase({
  url,
  poolSize: 1,
  applicationName: "search-rebuild",
  statementTimeoutMs,
  onError: (error) => log.warn({ err: error }, "a postgres connection failed"),
});
try {
  const { conversations, indexed } = await rebuildSearch(database);
  log.info({ conversations, indexed }, indexed === 0 ? "nothing was missing" : "indexed what was missing");
} catch (error) {
  log.fatal({ err: error }, "the rebuild failed; what it did so far is kept, and it can be run again");
  process.exitCode = 1;
} finally {
  await database.close();
}
