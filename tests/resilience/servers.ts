import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { freePort } from "@parloir/local/ports.ts";
import { preparePostgres, startPostgres } from "@parloir/local/postgres.ts";
import { postgresHome, serverAccount } from "@parloir/local/postgres-account.ts";
import { allPids, signal } from "@parloir/local/proc.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import type { StartedServer } from "@parloir/local/unsupervised.ts";
import { migrate } from "@parloir/store/migrate.ts";
import pg from "pg";
import { databaseAt, type TestDatabase } from "../setup/database.ts";

/** Stores that a test takes away and brings back, always at the same address. */
export interface OwnServer {
  url: string;
  stop: () => Promise<void>;
  start: () => Promise<void>;
  /** Every process of it stands still; its connections stay open. */
  freeze: () => void;
  thaw: () => void;
  kill: () => Promise<void>;
  remove: () => Promise<void>;
}

interface Running {
  folder: Awaited<ReturnType<typeof temporaryFolder>>;
  server: StartedServer;
  restart: () => Promise<StartedServer>;
}

function ownServer(state: Running): OwnServer {
  let frozen: number[] = [];
  const thaw = () => {
    for (const pid of frozen) signal(pid, "SIGCONT");
    frozen = [];
  };
  const own: OwnServer = {
    url: state.server.url,
    stop: () => state.server.stop(),
    async start() {
      state.server = await state.restart();
    },
    freeze() {
      const { pid } = state.server;
      // The parent first: it would start more.
      signal(pid, "SIGSTOP");
      frozen = [pid, ...childrenOf(pid)];
      for (const each of frozen) signal(each, "SIGSTOP");
    },
    thaw,
    async kill() {
      signal(state.server.pid, "SIGKILL");
      await state.server.exited;
    },
    async remove() {
      thaw();
      await state.server.stop();
      await state.folder.remove();
    },
  };
  return own;
}

export async function ownRedis(options: { appendonly?: boolean } = {}): Promise<OwnServer> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const restart = () => startRedis({ dir: path.join(folder.dir, "redis"), port, ...options });
  return ownServer({ folder, server: await restart(), restart });
}

/** A streaming replica: what its primary commits it replays, on connections that only read. */
export interface OwnReplica extends OwnServer {
  pool: pg.Pool;
}

/** @param primary stops for a moment to be copied @param follows it, or another replica of it */
export async function ownReplica(
  primary: OwnPostgres,
  follows: { url: string } = primary,
): Promise<OwnReplica> {
  const folder = await temporaryFolder();
  const options = { dir: path.join(folder.dir, "postgres"), port: await freePort(), fsync: false };
  await mkdir(options.dir);
  const home = await postgresHome(options.dir, await serverAccount());
  const data = path.join(home, "data");
  await primary.copyData(data);
  const { username, password, hostname, port } = new URL(follows.url);
  // Beside the data, where what starts it looks for it: the replica has its primary's accounts.
  await writeFile(path.join(home, "password"), password, { mode: 0o600 });
  const source = `host=${hostname} port=${port} user=${username} password=${password}`;
  // It looks for its primary again after 5 s by default, and ours are stopped to be copied.
  const settings = `primary_conninfo = '${source}'\nwal_retrieve_retry_interval = '200ms'\n`;
  await appendFile(path.join(data, "postgresql.auto.conf"), settings);
  await writeFile(path.join(data, "standby.signal"), "");
  const restart = () => startPostgres(options);
  const server = ownServer({ folder, server: await restart(), restart });
  const pool = new pg.Pool({ connectionString: server.url, max: 2, application_name: "the test itself" });
  pool.on("error", () => undefined);
  return {
    ...server,
    pool,
    async remove() {
      await pool.end();
      await server.remove();
    },
  };
}

export interface OwnPostgres extends OwnServer {
  /** As `startCluster` takes it; `drop` only lets go of the connections. */
  database: TestDatabase;
  /** Stopped, copied to `to`, started again. */
  copyData: (to: string) => Promise<void>;
  /** Stopped, copied, started again. */
  backUp: () => Promise<void>;
  /** Stopped, replaced by the copy, started again: what was committed since is gone. */
  restore: () => Promise<void>;
}

export async function ownPostgres(): Promise<OwnPostgres> {
  const folder = await temporaryFolder();
  const options = { dir: path.join(folder.dir, "postgres"), port: await freePort(), fsync: false };
  const restart = () => startPostgres(options);
  const server = ownServer({ folder, server: await restart(), restart });
  await migrate(server.url);
  const { home } = await preparePostgres(options);
  const [data, copy] = [path.join(home, "data"), path.join(home, "copy")];
  const copyData = async (to: string) => {
    await server.stop();
    // `cp -a`: the files belong to the account that Postgres runs as.
    await promisify(execFile)("cp", ["-a", data, to]);
    await server.start();
  };
  return {
    ...server,
    database: databaseAt(server.url),
    copyData,
    backUp: () => copyData(copy),
    async restore() {
      await server.stop();
      await rm(data, { recursive: true });
      await rename(copy, data);
      await server.start();
    },
  };
}

function childrenOf(parent: number): number[] {
  return allPids().filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the name, which may hold anything: state, then the parent.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null; // Gone meanwhile.
  }
}
