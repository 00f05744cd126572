import type { Reader } from "./environment-reader.ts";

/** Variables of Postgres: see env.ts. */

const developmentUrl = "postgresql://127.0.0.1:5432/parloir";

/**
 * What stands between a process and Postgres: nothing; a pooler that gives each transaction another session; or one
 * that also keeps the statements that a process has prepared.
 */
export const poolers = ["none", "transaction", "prepared"] as const;
export type Pooler = (typeof poolers)[number];

export interface DatabaseConfig {
  databaseUrl: string;
  databasePooler: Pooler;
  databasePoolSize: number;
}

export function database(env: Reader): DatabaseConfig {
  return {
    databaseUrl: env.url("DATABASE_URL", developmentUrl),
    databasePooler: pooler(env),
    databasePoolSize: env.number("DATABASE_POOL_SIZE", 10),
  };
}

/** For what a session must last longer than a transaction, or a statement longer than a process waits for one. */
export interface DirectDatabaseConfig {
  directDatabaseUrl: string;
  /** Who comes through the pooler: their role is given the settings that it does not pass on. Null: nobody. */
  pooledRole: string | null;
}

export function directDatabase(env: Reader): DirectDatabaseConfig {
  const url = env.url("DATABASE_URL", developmentUrl);
  const direct = env.optional("DATABASE_DIRECT_URL") === null ? null : env.url("DATABASE_DIRECT_URL", url);
  const isPooled = pooler(env) !== "none";
  if (isPooled && direct === null)
    env.problem("DATABASE_DIRECT_URL is required with DATABASE_POOLER: the address of Postgres itself");
  const role = URL.canParse(url) ? decodeURIComponent(new URL(url).username) : "";
  if (isPooled && role === "") env.problem("DATABASE_URL must name the account, with DATABASE_POOLER");
  return { directDatabaseUrl: direct ?? url, pooledRole: isPooled ? role : null };
}

export function replicaUrls(env: Reader): string[] {
  const urls = env.list("DATABASE_REPLICA_URLS");
  for (const url of urls)
    if (!URL.canParse(url)) env.problem("DATABASE_REPLICA_URLS holds what is not a URL");
  return urls;
}

function pooler(env: Reader): Pooler {
  return env.oneOf("DATABASE_POOLER", [...poolers], "none") as Pooler;
}
