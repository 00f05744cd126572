import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { freePort } from "@parloir/local/ports.ts";
import type { Environment } from "./nodes.ts";

/** One process of its own, as its `main.ts` runs it: for what it does to itself. */
export interface RunningProcess {
  name: string;
  port: number;
  privatePort: number;
  isRunning: () => boolean;
  /** The signal that ended it, or its exit code. */
  exited: Promise<NodeJS.Signals | number>;
  stop: () => Promise<void>;
}

const root = path.resolve(import.meta.dirname, "../..");

export async function startProcess(
  role: "gateway" | "api" | "worker",
  name: string,
  env: Environment,
): Promise<RunningProcess> {
  const [port, privatePort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [path.join(root, role, "src/main.ts")], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      ...env,
      NODE_NAME: name,
      PORT: String(port),
      PRIVATE_PORT: String(privatePort),
    },
    stdio: "ignore",
  });
  const exited = once(child, "exit").then(
    ([code, signal]) => (signal as NodeJS.Signals | null) ?? (code as number),
  );
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    name,
    port,
    privatePort,
    isRunning,
    exited,
    async stop() {
      if (isRunning()) child.kill("SIGKILL");
      await exited;
    },
  };
}
