import type { Database } from "./database.ts";

/** Of the server: what decides whether an acked message survives, and how many connections there may be. */
export interface Settings {
  versionNumber: number;
  fsync: string;
  fullPageWrites: string;
  synchronousCommit: string;
  maxConnections: number;
  reservedConnections: number;
  /** By the server's clock. */
  now: string;
  /** Numbers of the migrations that were applied; null when there is no such table. */
  migrations: number[] | null;
}

export async function readSettings(database: Database): Promise<Settings> {
  const [row] = await database.query<Omit<Settings, "migrations"> & { migrated: boolean }>({
    name: "read-settings",
    text: `SELECT current_setting('server_version_num')::int AS "versionNumber",
        current_setting('fsync') AS fsync, current_setting('full_page_writes') AS "fullPageWrites",
        current_setting('synchronous_commit') AS "synchronousCommit",
        current_setting('max_connections')::int AS "maxConnections",
        current_setting('superuser_reserved_connections')::int AS "reservedConnections",
        clock_timestamp() AS now, to_regclass('migrations') IS NOT NULL AS migrated`,
    values: [],
  });
  const { migrated, ...settings } = row!;
  if (!migrated) return { ...settings, migrations: null };
  const rows = await database.query<{ number: number }>({
    name: "read-migrations",
    text: "SELECT number FROM migrations ORDER BY number",
    values: [],
  });
  return { ...settings, migrations: rows.map(({ number }) => number) };
}
