/** HAProxy in the foreground, so that the pid is its own. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type HaproxyConfig, renderHaproxyConfig } from "../../haproxy/config.ts";
import type { ProcessSpec } from "./child.ts";
import { inContainer } from "./docker.ts";
import { writeAtomically } from "./files.ts";
import { httpStatus } from "./probes.ts";
import { locateProgram, type Program } from "./programs.ts";
import { runOrThrow } from "./run.ts";
import { runUnsupervised, type StartedServer } from "./unsupervised.ts";

export interface HaproxyOptions {
  /** The configuration file goes here; made when missing. */
  dir: string;
  config: HaproxyConfig;
  /** Where it is asked whether it serves, such as http://127.0.0.1:8080. */
  url: string;
  program?: Program;
}

/** Unix socket addresses hold 108 bytes, and HAProxy binds to a longer temporary name first. */
const LONGEST_SOCKET_PATH = 80;
const CEILING = 50_000;

export async function prepareHaproxy(options: HaproxyOptions): Promise<{ spec: ProcessSpec; url: string }> {
  const { dir, config, url } = options;
  const program = options.program ?? (await locateProgram("haproxy"));
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, "haproxy.cfg");
  await writeAtomically(file, renderHaproxyConfig(config));
  const spec: ProcessSpec = {
    name: "balancer",
    role: "balancer",
    command: program.command,
    args: ["-db", "-f", file],
    env: { ...program.env, LC_ALL: "C" },
    cwd: dir,
    // Any answer of its own counts: whether the servers behind it are up is asked separately.
    ready: async () => (await httpStatus(`${url}/livez`)) !== null,
    stop: [{ signal: "SIGTERM", ms: 3_000 }],
  };
  if (program.image === null) {
    await runOrThrow("haproxy -c", program.command, ["-c", "-q", "-f", file], { env: spec.env });
    if (config.adminSocket !== undefined) {
      const socket = config.adminSocket;
      spec.cleanUp = () => rm(socket, { force: true });
    }
    return { spec, url };
  }
  const user = `${process.getuid?.()}:${process.getgid?.()}`;
  const inside = { ...spec, command: program.kind };
  return {
    spec: inContainer(program.command, inside, { image: program.image, mounts: [dir], user }, dir),
    url,
  };
}

/** Starts one for a test. */
export async function startHaproxy(options: HaproxyOptions): Promise<StartedServer> {
  return runUnsupervised(options.dir, () => prepareHaproxy(options), false);
}

/** The admin socket's path: in `dir`, or where a short name is possible when `dir` lies deep. */
export function adminSocketIn(dir: string): string {
  const inside = path.join(dir, "haproxy.sock");
  if (inside.length <= LONGEST_SOCKET_PATH && !/[^A-Za-z0-9_./-]/.test(inside)) return inside;
  const id = createHash("sha256").update(dir).digest("hex").slice(0, 12);
  return path.join(os.tmpdir(), `parloir-${id}.sock`);
}

/**
 * Connections the balancer may hold: half the file descriptors it can get (one towards the client, one towards
 * the server), less some for checks and logs. HAProxy raises its own soft limit to the hard one.
 */
export function maxConnections(limits = ownLimits()): number {
  const hard = limits.match(/^Max open files\s+\S+\s+(\S+)/m)?.[1] ?? "4096";
  if (hard === "unlimited") return CEILING;
  return Math.max(100, Math.min(CEILING, Math.floor((Number(hard) - 200) / 2)));
}

function ownLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return "";
  }
}
