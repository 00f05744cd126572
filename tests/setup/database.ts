import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

export interface TestDatabase {
  url: string;
  /** For looking and arranging from outside, on connections that are not the cluster's. */
  pool: pg.Pool;
  /** Who is still connected besides this `pool`. */
  leftConnections: () => Promise<string[]>;
  drop: () => Promise<void>;
}

/** A migrated, empty database of one's own. */
export async function cloneDatabase(): Promise<TestDatabase> {
  const template = new URL(inject("templateUrl"));
  const name = `test_${randomBytes(6).toString("hex")}`;
  await asAdmin(template, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE template`));
  const url = new URL(template);
  url.pathname = `/${name}`;
  const database = databaseAt(url.href);
  return {
    ...database,
    async drop() {
      await database.drop();
      // FORCE only for the test's own connections, which end a moment after the pool did.
      await asAdmin(template, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

/** One that is there already; `drop` only lets go of the connections. */
export function databaseAt(url: string): TestDatabase {
  const own = "the test itself";
  const pool = new pg.Pool({ connectionString: url, max: 4, application_name: own });
  // A server that crashes, or is taken away, must fail the test that waits for it, not end the test process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => void client.on("error", () => undefined));
  return {
    url,
    pool,
    async leftConnections() {
      const { rows } = await pool.query<{ application_name: string }>(
        `SELECT application_name FROM pg_stat_activity
          WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> $1`,
        [own],
      );
      return rows.map((row) => row.application_name);
    },
    drop: () => pool.end(),
  };
}

async function asAdmin(template: URL, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const url = new URL(template);
  url.pathname = "/postgres";
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
