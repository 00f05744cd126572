/** One server for a test: started, awaited, stopped, no restarts. */
import path from "node:path";
import { type ProcessSpec, spawnChild, stopChild, waitUntilReady } from "./child.ts";
import { stopLeftovers } from "./records.ts";

export interface StartedServer {
  url: string;
  pid: number;
  /** Settles when the process has ended, for whatever reason. */
  exited: Promise<unknown>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const ATTEMPTS = 3;

/**
 * `prepare` is asked again when the server ends at once: between choosing a free port and listening on it
 * another test may have taken it.
 */
export async function runUnsupervised(
  dir: string,
  prepare: () => Promise<{ spec: ProcessSpec; url: string }>,
  mayRetry: boolean,
): Promise<StartedServer> {
  const runDir = path.join(dir, "run");
  await stopLeftovers(runDir);
  const printed: string[] = [];
  for (let attempt = 1; attempt <= (mayRetry ? ATTEMPTS : 1); attempt += 1) {
    const { spec, url } = await prepare();
    await spec.cleanUp?.();
    const child = await spawnChild(spec, runDir, (line) => void printed.push(line));
    if (await waitUntilReady(spec, child, READY_WITHIN_MS)) {
      const stop = async () => {
        await stopChild(child, spec.stop);
        await spec.cleanUp?.();
      };
      return { url, pid: child.pid, exited: child.exited, stop };
    }
    await stopChild(child, spec.stop);
  }
  throw new Error(`The server in ${dir} did not start:\n${printed.slice(-15).join("\n")}`);
}
