import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@parloir/local/ports.ts";
import type { Options } from "../options.ts";
import { createPairs } from "./people.ts";
import { scratchFolder } from "./scratch.ts";
import type { Target, TargetProcess } from "./target.ts";

/** cluster.json as `npm start` writes it. */
interface ClusterFile {
  url: string;
  /** `pid` is null for a server that was given by its url: its CPU is not counted. */
  processes: {
    name: string;
    role: string;
    pid: number | null;
    url: string | null;
    metricsUrl: string | null;
  }[];
}

/** The load comes from few people at a rate no person types at: limits would measure themselves. */
const withoutLimits = {
  // What is measured is the load, and nothing beside it.
  CANARY_MS: "0",
  LIMIT_SENDS_PER_SECOND: "0",
  LIMIT_EVENTS_PER_MINUTE: "0",
  LIMIT_CONNECTS_PER_SECOND: "0",
  LIMIT_SOCKETS_PER_USER: "0",
};

/** The comparison is with servers started alike, not with what the user's shell happens to point to. */
const ownServers = { DATABASE_URL: undefined, REDIS_URL: undefined, QUEUE_REDIS_URL: undefined };

const startPatienceMs = 180_000;
const stopPatienceMs = 30_000;
const nodeRoles = new Set(["gateway", "api", "worker"]);

/** This cluster: a running one when `--cluster` names it, else one started by the launcher and stopped afterwards. */
export async function startOurs(options: Options): Promise<Target> {
  const own = options.clusterFile === undefined ? await launch(options) : undefined;
  const clusterFile = own?.clusterFile ?? options.clusterFile!;
  const stop = own?.stop ?? (async () => undefined);
  try {
    const cluster = readCluster(clusterFile);
    const gateways = cluster.processes
      .filter((process) => process.role === "gateway")
      .map((process) => process.url!);
    if (gateways.length < 2) throw new Error("the cluster has fewer than two gateways");
    const pairs = await createPairs(cluster.url, gateways, options.pairs);
    return {
      name: "ours",
      pairs: pairs.map((pair) => ({ ...pair, away: options.away })),
      processes: () => processesOf(readCluster(clusterFile)),
      workerMetrics: () =>
        readCluster(clusterFile).processes.flatMap(({ role, metricsUrl }) =>
          role === "worker" ? (metricsUrl ?? []) : [],
        ),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export function readCluster(file: string): ClusterFile {
  return JSON.parse(readFileSync(file, "utf8"));
}

function processesOf(cluster: ClusterFile): TargetProcess[] {
  return cluster.processes.flatMap(({ name, role, pid }) =>
    pid === null ? [] : [{ name, pid, isNode: nodeRoles.has(role) }],
  );
}

async function launch(options: Options): Promise<{ clusterFile: string; stop(): Promise<void> }> {
  const launcher = fileURLToPath(import.meta.resolve("@parloir/local/main.ts"));
  const folder = scratchFolder("ours");
  const clusterFile = join(folder.path, "cluster.json");
  const port = options.port ?? (await freePort());
  const counts = ["--gateways", options.gateways, "--apis", options.apis, "--workers", options.workers].map(
    String,
  );
  const child = spawn(
    process.execPath,
    [launcher, "--port", String(port), ...counts, "--no-demo", "--data", folder.path],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...options.env, ...ownServers, ...withoutLimits, ...inspectable(options) },
    },
  );
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log.push(text);
      if (log.length > 200) log.shift();
    });
  }
  const stop = async () => {
    await end(child);
    folder.remove();
  };
  try {
    await ready(child, clusterFile);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}\n${log.join("")}`);
  }
  return { clusterFile, stop };
}

/** Port 0: several processes of one machine open their inspector, each on a port of its own. */
export function inspectable(options: Options): Record<string, string> {
  return options.profileDir === undefined ? {} : { NODE_OPTIONS: "--inspect-port=0" };
}

/** Ready: the launcher has written down its processes, and an api answers through the balancer. */
async function ready(child: ChildProcess, clusterFile: string): Promise<void> {
  const giveUpAt = Date.now() + startPatienceMs;
  while (Date.now() < giveUpAt) {
    if (child.exitCode !== null) throw new Error(`the launcher ended with ${child.exitCode}`);
    if (existsSync(clusterFile)) {
      const answer = await fetch(`${readCluster(clusterFile).url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the cluster was not ready in ${startPatienceMs / 1_000} s`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopPatienceMs);
  await exited;
  clearTimeout(timer);
}
