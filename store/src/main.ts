import { type MigrateConfig, readMigrateConfig } from "@parloir/platform/env.ts";
import { createLog, type Log } from "@parloir/platform/log.ts";
import { beginEpoch } from "./cluster-state.ts";
import { createDatabase } from "./database.ts";
import { migrate } from "./migrate.ts";

/**
 * On the database of DATABASE_URL (or DATABASE_DIRECT_URL):
 * `node store/src/main.ts migrate` brings it up to date;
 * `node store/src/main.ts new-epoch` says that it was restored from an older state, so that every client reloads.
 */
const commands: Record<string, (config: MigrateConfig, log: Log) => Promise<void>> = {
  async migrate({ directDatabaseUrl, pooledRole }, log) {
    const applied = await migrate(directDatabaseUrl, { pooledRole });
    log.info({ applied }, applied.length === 0 ? "the database is up to date" : "migrated");
  },

  async "new-epoch"({ directDatabaseUrl }, log) {
    const onError = (error: Error) => log.warn({ err: error }, "a postgres connection failed");
    const database = createDatabase({
      url: directDatabaseUrl,
      poolSize: 1,
      applicationName: "new-epoch",
      onError,
    });
    try {
      log.info({ epoch: await beginEpoch(database) }, "a new epoch: every client reloads");
    } finally {
      await database.close();
    }
  },
};

const name = process.argv[2] ?? "";
const log = createLog({ level: "info", nodeName: name || "store", role: "migrate" });
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) {
  log.fatal(`usage: node store/src/main.ts ${Object.keys(commands).join(" | ")}`);
  process.exit(2);
}
try {
  await command(readMigrateConfig(), log);
} catch (error) {
  log.fatal({ err: error }, `${name} failed`);
  process.exit(1);
}
