import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ClusterDescription, ClusterProcess } from "@parloir/local/cluster-file.ts";
import { freePort } from "@parloir/local/ports.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { isRunning, sendSignal } from "./process.ts";

/** A cluster of a run's own, started as anybody starts one: by the launcher, in a process of its own. */
export interface TestCluster {
  url: string;
  /** As cluster.json says at this moment. */
  processes: () => ClusterProcess[];
  find: (name: string) => ClusterProcess;
  /** The launcher's last lines, for whoever must explain a failure. */
  lastLines: () => string[];
  logsDir: string;
  stop: () => Promise<void>;
}

export interface ClusterSize {
  gateways: number;
  apis: number;
  workers: number;
}

/** Load from few people at a rate no person types at: limits would only measure themselves. */
const environment = {
  CANARY_MS: "0",
  LIMIT_SENDS_PER_SECOND: "0",
  LIMIT_EVENTS_PER_MINUTE: "0",
  LIMIT_JOINS_PER_MINUTE: "0",
  LIMIT_CONNECTS_PER_SECOND: "0",
  LIMIT_SOCKETS_PER_USER: "0",
  LIMIT_EVENT_LOOP_LAG_MS: "0",
  // A drain is one of many faults here, not the subject: shorter than in production.
  DRAIN_MS: "6000",
  DATABASE_URL: "",
  REDIS_URL: "",
  QUEUE_REDIS_URL: "",
};

const startWithinMs = 120_000;
const stopWithinMs = 40_000;
const repository = fileURLToPath(new URL("../../..", import.meta.url));

export async function launchCluster(
  size: ClusterSize,
  extra: Record<string, string> = {},
  /** Whose code runs: this one's, unless a test brings a tree of its own. */
  root = repository,
): Promise<TestCluster> {
  const launcher = path.join(root, "infra/local/src/main.ts");
  const folder = await temporaryFolder();
  const port = await freePort();
  const counts = ["--gateways", size.gateways, "--apis", size.apis, "--workers", size.workers].map(String);
  const dataDir = path.join(folder.dir, "cluster");
  const args = [launcher, "--port", String(port), "--data", dataDir, "--no-demo", "--json", ...counts];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment, ...extra },
  });
  const lines: string[] = [];
  const ready = Promise.withResolvers<string>();
  const onLine = (line: string) => {
    lines.push(line);
    if (lines.length > 300) lines.shift();
    const event = parseEvent(line);
    if (event?.event === "ready") ready.resolve(event.clusterFile!);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
  child.once("exit", (code) =>
    ready.reject(new Error(`the launcher ended with ${code}:\n${lines.slice(-15).join("\n")}`)),
  );
  const timer = setTimeout(() => ready.reject(new Error(`no cluster in ${startWithinMs} ms`)), startWithinMs);

  let known: ClusterDescription = { url: "", processes: [] };
  const stop = async () => {
    // A frozen process hears no SIGTERM.
    for (const { pid } of known.processes) if (pid !== null) sendSignal(pid, "SIGCONT");
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGTERM"), stopWithinMs);
      await exited;
      clearTimeout(force);
    }
    const left = known.processes.filter(({ pid }) => pid !== null && isRunning(pid));
    await folder.remove();
    if (left.length > 0)
      throw new Error(`left running: ${left.map((each) => `${each.name} ${each.pid}`).join(", ")}`);
  };

  try {
    const file = await ready.promise;
    known = read(file);
    const processes = () => {
      known = read(file);
      return known.processes;
    };
    return {
      // By number: `localhost` may cost every request a look-up and a refused IPv6 attempt.
      url: `http://127.0.0.1:${port}`,
      processes,
      find(name) {
        const found = processes().find((each) => each.name === name);
        if (!found) throw new Error(`cluster.json lists no ${name}`);
        return found;
      },
      lastLines: () => lines.slice(-40),
      logsDir: path.join(dataDir, "logs"),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function read(file: string): ClusterDescription {
  return JSON.parse(readFileSync(file, "utf8"));
}

function parseEvent(line: string): { event: string; clusterFile?: string } | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
