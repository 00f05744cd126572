/** A private Redis: on loopback, behind a password, with its data in a folder of ours. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { ProcessSpec } from "./child.ts";
import { inContainer } from "./docker.ts";
import { lastingSecret, writeAtomically } from "./files.ts";
import { freePort } from "./ports.ts";
import { redisInfo } from "./probes.ts";
import { locateProgram, type Program } from "./programs.ts";
import { runUnsupervised, type StartedServer } from "./unsupervised.ts";

export interface RedisOptions {
  /** Configuration, password and data; made when missing. */
  dir: string;
  name?: string;
  port?: number;
  /** True for queues: what was accepted survives a crash, and nothing is ever evicted. */
  appendonly?: boolean;
  /** Further lines of the configuration: a node of a cluster, a replica, a Sentinel. */
  settings?: readonly string[];
  /** Watches others instead of keeping anything. */
  sentinel?: boolean;
  program?: Program;
}

export interface PreparedRedis {
  spec: ProcessSpec;
  url: string;
}

export async function prepareRedis(options: RedisOptions): Promise<PreparedRedis> {
  const { dir, name = "redis", appendonly = false, settings = [] } = options;
  const program = options.program ?? (await locateProgram("redis-server"));
  const port = options.port ?? (await freePort());
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const password = await lastingSecret(path.join(dir, "password"));
  const file = path.join(dir, "redis.conf");
  await writeAtomically(
    file,
    `${redisConfig({ dir, port, password, appendonly })}${settings.map((line) => `${line}\n`).join("")}`,
  );
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const spec: ProcessSpec = {
    name,
    role: "redis",
    command: program.command,
    args: options.sentinel ? [file, "--sentinel"] : [file],
    env: { ...program.env, LC_ALL: "C" },
    cwd: dir,
    ready: async () => (await redisInfo(url)) !== null,
    stop: [{ signal: "SIGTERM", ms: 10_000 }],
  };
  if (program.image === null) return { spec, url };
  const container = {
    image: program.image,
    mounts: [dir],
    user: `${process.getuid?.()}:${process.getgid?.()}`,
  };
  return { spec: inContainer(program.command, { ...spec, command: program.kind }, container, dir), url };
}

/** Starts one for a test; ends with `stop()`, or when this process does. */
export async function startRedis(options: RedisOptions): Promise<StartedServer> {
  return runUnsupervised(options.dir, async () => prepareRedis(options), options.port === undefined);
}

function redisConfig(at: { dir: string; port: number; password: string; appendonly: boolean }): string {
  return [
    "bind 127.0.0.1",
    `port ${at.port}`,
    `requirepass ${at.password}`,
    `dir "${at.dir.replaceAll('"', '\\"')}"`,
    "daemonize no",
    // No snapshots: rooms hold nothing worth one, queues have the append-only file.
    'save ""',
    `appendonly ${at.appendonly ? "yes" : "no"}`,
    "appendfsync everysec",
    // BullMQ loses jobs under any other policy; for rooms it makes no difference.
    "maxmemory-policy noeviction",
    "loglevel notice",
    "",
  ].join("\n");
}
