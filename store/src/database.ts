import { CodedError } from "@parloir/contracts/errors.ts";
import pg from "pg";

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

export interface DatabaseOptions {
  url: string;
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
/**
 * The pool takes the connection that was used last, so at an even load most of them idle. A new one costs a process, a
 * password check and all plans anew, about 50 ms of CPU: not every ten seconds (the default) for each burst.
 */
const keptIdleMs = 600_000;

export function createDatabase(options: DatabaseOptions): Database {
  const timeout = options.statementTimeoutMs ?? 4_000;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: keptIdleMs,
    keepAlive: true,
    // The server's own limit lets a statement die whose client is gone; ours notices a server that is frozen.
    statement_timeout: timeout,
    query_timeout: timeout,
    idle_in_transaction_session_timeout: 10_000,
    // Statements are few and their best plan does not depend on the values: planning them anew for
    // every batch would cost more than running it. Such a plan outlives the moment it was made in: one made over
    // nearly empty tables scans them for minutes while they grow, so scans are made the last resort.
    options:
      "-c TimeZone=UTC -c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off -c max_parallel_workers_per_gather=0",
    types: { getTypeParser },
  });
  pool.on("error", options.onError);
  // The pool listens only to idle clients. One that is at work and loses its server rejects its query and also
  // emits `error`: unheard, that ended the whole process.
  pool.on("connect", (client) => void client.on("error", ignore));
  const connect = createGate(pool, options.poolSize);
  return {
    query: (query) => unavailableWhenUnreachable(() => run(connect, query)),
    transaction: (work) => unavailableWhenUnreachable(() => transaction(connect, work)),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

const ignore = () => undefined;

type Connect = () => Promise<pg.PoolClient>;

/** Takes a connection; refuses at once while none can be made. */
function createGate(pool: pg.Pool, size: number): Connect {
  let failedAt: number | null = null;
  let isTrying = false;
  return async () => {
    const needsNew = pool.idleCount === 0 && pool.totalCount < size;
    const isTry = failedAt !== null && needsNew;
    if (isTry && (isTrying || performance.now() - failedAt! < reconnectMs))
      throw new CodedError("UNAVAILABLE", "the database does not answer: no connection a moment ago");
    isTrying ||= isTry;
    try {
      const client = await pool.connect();
      failedAt = null;
      return client;
    } catch (error) {
      failedAt = performance.now();
      throw error;
    } finally {
      if (isTry) isTrying = false;
    }
  };
}

async function run<R>(connect: Connect, query: Query): Promise<R[]> {
  const client = await connect();
  try {
    const result = await client.query<R & pg.QueryResultRow>(query);
    client.release();
    return result.rows;
  } catch (error) {
    client.release(!isServerAnswer(error));
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

async function transaction<T>(connect: Connect, work: (query: Database["query"]) => Promise<T>): Promise<T> {
  const client = await connect();
  // A connection that cannot roll back, or that timed out with a statement still running, must not be reused. One in
  // which `work` refused something serves again: closing it for each refusal, at 100 messages a second with edits of
  // what was deleted meanwhile, opened 15 connections a second and took a third of the CPU.
  let broken = false;
  const ask = async <R>(query: Query | string): Promise<R[]> => {
    try {
      return (await client.query<R & pg.QueryResultRow>(query)).rows;
    } catch (error) {
      broken ||= !isServerAnswer(error);
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

/** True when Postgres itself answered with an error: the connection is then in step and can serve again. */
function isServerAnswer(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError;
}

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
