import { readdir, readFile } from "node:fs/promises";
import pg from "pg";

/**
 * Applies `migrations/NNNN-name.sql` in order, each once, each in a transaction of its own. An advisory lock makes
 * racing starts wait for one another instead of failing.
 */
const migrationsUrl = new URL("../migrations/", import.meta.url);
const lockKey = 7_021_104;
const invalidCatalogName = "3D000";
const duplicateDatabase = "42P04";

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

export async function readMigrations(): Promise<Migration[]> {
  const files = (await readdir(migrationsUrl)).filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      sql: await readFile(new URL(file, migrationsUrl), "utf8"),
    })),
  );
}

/** Creates the database when it is missing, then migrates. Answers with the names of what was applied. */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = await connectOrCreate(databaseUrl);
  try {
    await client.query("SELECT pg_advisory_lock($1)", [lockKey]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS migrations (
         number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    return await applyMissing(client);
  } finally {
    await client.end();
  }
}

async function applyMissing(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ number: number }>("SELECT number FROM migrations");
  const done = new Set(rows.map((row) => row.number));
  const applied: string[] = [];
  for (const migration of await readMigrations()) {
    if (done.has(migration.number)) continue;
    await client.query("BEGIN");
    await client.query(migration.sql);
    await client.query("INSERT INTO migrations (number, name) VALUES ($1, $2)", [
      migration.number,
      migration.name,
    ]);
    await client.query("COMMIT");
    applied.push(`${String(migration.number).padStart(4, "0")}-${migration.name}`);
  }
  return applied;
}

async function connectOrCreate(databaseUrl: string): Promise<pg.Client> {
  try {
    return await connect(databaseUrl);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== invalidCatalogName) throw error;
  }
  const url = new URL(databaseUrl);
  const name = decodeURIComponent(url.pathname.slice(1));
  url.pathname = "/postgres";
  const admin = await connect(url.href);
  try {
    // Of two at once, one fails by the index of names instead of by a word that says so.
    await admin.query("SELECT pg_advisory_lock($1)", [lockKey]);
    await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== duplicateDatabase) throw error;
  } finally {
    await admin.end();
  }
  return connect(databaseUrl);
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  await client.connect();
  return client;
}
