import { readMigrateConfig } from "@parloir/platform/env.ts";
import { createLog } from "@parloir/platform/log.ts";
import { migrate } from "./migrate.ts";

/** `node store/src/main.ts migrate` brings the database of DATABASE_URL (or DATABASE_DIRECT_URL) up to date. */
const log = createLog({ level: "info", nodeName: "migrate", role: "migrate" });

if (process.argv[2] !== "migrate") {
  log.fatal("usage: node store/src/main.ts migrate");
  process.exit(2);
}
try {
  const { directDatabaseUrl, pooledRole } = readMigrateConfig();
  const applied = await migrate(directDatabaseUrl, { pooledRole });
  log.info({ applied }, applied.length === 0 ? "the database is up to date" : "migrated");
} catch (error) {
  log.fatal({ err: error }, "migration failed");
  process.exit(1);
}
