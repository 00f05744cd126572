import { readdir, readFile } from "node:fs/promises";
import pg from "pg";
import {
  defaultTimeoutMs,
  idleInTransactionMs,
  migrationSettings,
  missingSettings,
  sessionSettings,
  startupOptions,
} from "./connection-settings.ts";
import { statementsOf } from "./statements.ts";

/**
 * Applies `migrations/NNNN-name.sql` in order, each once, each in a transaction of its own unless its first line says
 * otherwise. An advisory lock makes racing starts wait for one another instead of failing. Rules: docs/migrations.md.
 */
const migrationsUrl = new URL("../migrations/", import.meta.url);
const lockKey = 7_021_104;
const invalidCatalogName = "3D000";
const duplicateDatabase = "42P04";
const lockNotAvailable = "55P03";
const protocolViolation = "08P01";

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

export interface MigrateOptions {
  migrations?: Migration[];
  /**
   * How long a migration may stand in line for a lock. Whoever comes after it stands behind it, also those who would
   * not have to wait for the one before: sends would wait as long as the longest reader.
   */
  lockTimeoutMs?: number;
  /** After this it lets the others pass and tries again. */
  pauseMs?: number;
  tries?: number;
  /** Who comes through a pooler, which passes no settings on: the role is given them. */
  pooledRole?: string | null;
}

/** For what Postgres does in no transaction. Such a migration can be begun again from its first statement. */
export function isOutsideTransaction({ sql }: Migration): boolean {
  return sql.startsWith("-- outside a transaction\n");
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
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<string[]> {
  const client = await connectOrCreate(databaseUrl);
  try {
    await takeTurn(client);
    await client.query(
      `CREATE TABLE IF NOT EXISTS migrations (
         number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    await client.query(`SET lock_timeout = ${options.lockTimeoutMs ?? 1_000}`);
    const applied = await applyMissing(client, options);
    if (options.pooledRole) await settleRole(client, options.pooledRole);
    return applied;
  } finally {
    await client.end();
  }
}

/** For every session of this role in this database, from the next one on. */
async function settleRole(client: pg.Client, role: string): Promise<void> {
  const settings = {
    ...sessionSettings,
    statement_timeout: String(defaultTimeoutMs),
    idle_in_transaction_session_timeout: String(idleInTransactionMs),
  };
  const { rows } = await client.query<{ name: string }>("SELECT current_database() AS name");
  const whose = `ROLE ${pg.escapeIdentifier(role)} IN DATABASE ${pg.escapeIdentifier(rows[0]!.name)}`;
  for (const [name, value] of Object.entries(settings))
    await client.query(`ALTER ${whose} SET ${name} = ${pg.escapeLiteral(value)}`);
}

const turnPollMs = 100;

/**
 * Asks again and again instead of waiting: one that waits within a statement is a transaction that CREATE INDEX
 * CONCURRENTLY of the other waits for in turn.
 */
async function takeTurn(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query("SELECT pg_try_advisory_lock($1) AS mine", [lockKey]);
    if (rows[0].mine) return;
    await sleep(turnPollMs);
  }
}

async function applyMissing(client: pg.Client, options: MigrateOptions): Promise<string[]> {
  const { rows } = await client.query<{ number: number }>("SELECT number FROM migrations");
  const done = new Set(rows.map((row) => row.number));
  const applied: string[] = [];
  for (const migration of options.migrations ?? (await readMigrations())) {
    if (done.has(migration.number)) continue;
    await withPatience(options, () => apply(client, migration));
    applied.push(`${String(migration.number).padStart(4, "0")}-${migration.name}`);
  }
  return applied;
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const { number, name, sql } = migration;
  const note = () => client.query("INSERT INTO migrations (number, name) VALUES ($1, $2)", [number, name]);
  if (isOutsideTransaction(migration)) {
    for (const statement of statementsOf(sql)) await client.query(statement);
    await note();
    return;
  }
  await client.query("BEGIN");
  try {
    await client.query(sql);
    await note();
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

/** Two minutes by default: longer than anything that reads `messages` is allowed to take. */
async function withPatience(options: MigrateOptions, work: () => Promise<void>): Promise<void> {
  const { pauseMs = 2_000, tries = 40 } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const isBusy = error instanceof pg.DatabaseError && error.code === lockNotAvailable;
      if (!isBusy || attempt >= tries) throw error;
    }
    await sleep(pauseMs);
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: 10_000,
    options: startupOptions(migrationSettings),
  });
  try {
    await client.connect();
    const ask = async <R>(query: pg.QueryConfig) => (await client.query(query)).rows as R[];
    if ((await missingSettings(ask, migrationSettings)).length === 0) return client;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== protocolViolation) throw error;
  }
  // One that lets these settings fall would also let the lock fall that keeps two migrations apart.
  await client.end();
  throw new Error(
    "this address leads to a pooler: migrations need DATABASE_DIRECT_URL, that of Postgres itself",
  );
}
