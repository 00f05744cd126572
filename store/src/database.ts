import { CodedError } from "@parloir/contracts/errors.ts";
import type { Pooler } from "@parloir/platform/env-database.ts";
import pg from "pg";
import {
  defaultTimeoutMs,
  idleInTransactionMs,
  missingSettings,
  sessionSettings,
  startupOptions,
} from "./connection-settings.ts";

/**
 * The Postgres pool. bigint comes as a number (seqs stay far below 2^53), timestamps as the ISO strings of the
 * protocol: no Date object is built on the hot path.
 */
export type Row = Record<string, unknown>;

export interface Query {
  /** Prepared once per connection under this name. */
  name: string;
  text: string;
  values: unknown[];
}

export interface Database {
  query: <R>(query: Query) => Promise<R[]>;
  transaction: <T>(run: (query: Database["query"]) => Promise<T>) => Promise<T>;
  pool: () => { total: number; idle: number; waiting: number };
  close: () => Promise<void>;
}

/** What only reads, and may therefore be a replica: see replicas.ts. */
export type Reader = Pick<Database, "query" | "transaction">;

export interface DatabaseOptions {
  url: string;
  /** What stands between this process and Postgres; by default nothing. */
  pooler?: Pooler;
  poolSize: number;
  applicationName: string;
  /** After this long a statement's caller gives up and its connection is thrown away. Milliseconds. */
  statementTimeoutMs?: number;
  onError: (error: Error) => void;
}

const int8 = 20;
const timestamptz = 1184;
const connectTimeoutMs = 3_000;
/**
 * After a connection that could not be made nobody tries for so long, and then one. A server that recovers needs its
 * CPU for that: with every request trying, 300 processes a second were started to say «not yet», and replaying what
 * took 1.1 s of CPU lasted 6.4 s.
 */
const reconnectMs = 200;
/** A server that is frozen keeps a try for `connectTimeoutMs`: nobody waits for all of that. */
const gatePatienceMs = 1_000;
/**
 * The pool takes the connection that was used last, so at an even load most of them idle. A new one costs a process, a
 * password check and all plans anew, about 50 ms of CPU: not every ten seconds (the default) for each burst.
 */
const keptIdleMs = 600_000;

export function createDatabase(options: DatabaseOptions): Database {
  const timeout = options.statementTimeoutMs ?? defaultTimeoutMs;
  const pooler = options.pooler ?? "none";
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: keptIdleMs,
    keepAlive: true,
    // Ours notices a server that is frozen.
    query_timeout: timeout,
    ...(pooler === "none" ? ownSession(timeout) : { onConnect: refuseForeignSession }),
    types: { getTypeParser },
  });
  pool.on("error", options.onError);
  // The pool listens only to idle clients. One that is at work and loses its server rejects its query and also
  // emits `error`: unheard, that ended the whole process.
  pool.on("connect", (client) => void client.on("error", ignore));
  const connect = createGate(pool, options.poolSize);
  const sent = pooler === "transaction" ? unnamed : named;
  return {
    query: (query) => unavailableWhenUnreachable(() => run(connect, sent(query))),
    transaction: (work) =>
      unavailableWhenUnreachable(() => transaction(connect, (ask) => work((query) => ask(sent(query))))),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

const ignore = () => undefined;

function ownSession(timeout: number): pg.PoolConfig {
  return {
    statement_timeout: timeout,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    options: startupOptions(sessionSettings),
  };
}

/** A pooler passes no settings on. Without these times would be wrong and plans slow, so nothing is asked. */
async function refuseForeignSession(client: pg.ClientBase): Promise<void> {
  const ask = async <R>(query: Query) => (await client.query<R & pg.QueryResultRow>(unnamed(query))).rows;
  const missing = await missingSettings(ask, sessionSettings);
  if (missing.length > 0)
    throw new Error(
      `sessions behind the pooler lack ${missing.join(", ")}: migrate with DATABASE_POOLER set, then RECONNECT the pooler`,
    );
}

const named = (query: Query): pg.QueryConfig => query;
/** Parsed and planned at each use: the next transaction's session may have prepared nothing. */
const unnamed = ({ text, values }: Query): pg.QueryConfig => ({ text, values });

type Connect = () => Promise<pg.PoolClient>;

/** Takes a connection. While none can be made, one is tried for all who need one, and they wait for how that ends. */
function createGate(pool: pg.Pool, size: number): Connect {
  let failedAt: number | null = null;
  let trying: Promise<boolean> | null = null;
  const needsNew = () => pool.idleCount === 0 && pool.totalCount < size;

  /** After the pause. @returns whether there is a connection now */
  async function tryForAll(): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, failedAt! + reconnectMs - performance.now()));
    try {
      (await pool.connect()).release();
      failedAt = null;
      return true;
    } catch {
      failedAt = performance.now();
      return false;
    } finally {
      trying = null;
    }
  }

  return async () => {
    if (failedAt !== null && needsNew()) {
      trying ??= tryForAll();
      if (!(await isTrueWithin(trying, gatePatienceMs)))
        throw new CodedError("UNAVAILABLE", "the database does not answer: no connection can be made");
    }
    const isNew = needsNew();
    try {
      const client = await pool.connect();
      failedAt = null;
      return client;
    } catch (error) {
      // Having waited in vain for one that others use says nothing of the server.
      if (isNew) failedAt = performance.now();
      throw error;
    }
  };
}

async function isTrueWithin(promise: Promise<boolean>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const answer = await Promise.race([promise, late]);
  clearTimeout(timer);
  return answer;
}

async function run<R>(connect: Connect, query: pg.QueryConfig): Promise<R[]> {
  const client = await connect();
  try {
    const result = await client.query<R & pg.QueryResultRow>(query);
    client.release();
    return result.rows;
  } catch (error) {
    client.release(isLastAnswer(error));
    throw error;
  }
}

// Postgres' own ways of saying «not now»: shutting down, starting up, out of resources, statement timed out.
const transientClass = /^(57P0[123]|53...|57014|08...|40P01|40001)$/;

/** A Postgres that is gone, frozen or overloaded becomes UNAVAILABLE: the caller may ask again. */
async function unavailableWhenUnreachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CodedError) throw error;
    if (isServerAnswer(error) && !transientClass.test(error.code ?? "")) throw error;
    throw new CodedError("UNAVAILABLE", "the database does not answer", { cause: error });
  }
}

type Ask = <R>(query: pg.QueryConfig | string) => Promise<R[]>;

async function transaction<T>(connect: Connect, work: (ask: Ask) => Promise<T>): Promise<T> {
  const client = await connect();
  // A connection that cannot roll back, or that timed out with a statement still running, must not be reused. One in
  // which `work` refused something serves again: closing it for each refusal, at 100 messages a second with edits of
  // what was deleted meanwhile, opened 15 connections a second and took a third of the CPU.
  let broken = false;
  const ask: Ask = async <R>(query: pg.QueryConfig | string): Promise<R[]> => {
    try {
      return (await client.query<R & pg.QueryResultRow>(query)).rows;
    } catch (error) {
      broken ||= isLastAnswer(error);
      throw error;
    }
  };
  try {
    await ask("BEGIN");
    const result = await work(ask);
    await ask("COMMIT");
    return result;
  } catch (error) {
    if (!broken) await ask("ROLLBACK").catch(() => (broken = true));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The connection is out of step, or its server has said that it ends: whoever took it next would fail as well. */
function isLastAnswer(error: unknown): boolean {
  return !isServerAnswer(error) || error.severity === "FATAL";
}

/** True when Postgres itself (or the pooler before it) answered with an error. */
function isServerAnswer(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError;
}

/** The server is not there, or not now; not that it gave a statement up which took too long. */
export function isAbsence(error: unknown): boolean {
  if (!(error instanceof CodedError) || error.code !== "UNAVAILABLE") return false;
  return !(isServerAnswer(error.cause) && error.cause.code === queryCanceled);
}

const queryCanceled = "57014";
const uniqueViolation = "23505";

export function isUniqueViolation(error: unknown): boolean {
  return isServerAnswer(error) && error.code === uniqueViolation;
}

const foreignKeyViolation = "23503";

export function isForeignKeyViolation(error: unknown): boolean {
  return isServerAnswer(error) && error.code === foreignKeyViolation;
}

function getTypeParser(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  if (oid === int8) return Number;
  if (oid === timestamptz) return isoTime;
  return pg.types.getTypeParser(oid, format ?? "text") as (text: string) => unknown;
}

/** `2026-11-21 01:02:03.4+00` (session in UTC, three digits at most) → `2026-11-21T01:02:03.400Z`. */
export function isoTime(text: string): string {
  const zone = text.indexOf("+", 19);
  const date = text.slice(0, 10);
  const time = text.slice(11, zone === -1 ? undefined : zone);
  const [seconds, fraction = ""] = time.split(".");
  return `${date}T${seconds}.${fraction.padEnd(3, "0")}Z`;
}
