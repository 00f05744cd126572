/** Runs a command to its end, as opposed to the processes that stay. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Environment } from "./options.ts";

export interface RunOptions {
  cwd?: string;
  env?: Environment;
  uid?: number;
  gid?: number;
}

export interface Finished {
  code: number | null;
  output: string;
}

const underWay = new Map<ChildProcess, (error: Error) => void>();

/**
 * Ends what is under way, because the whole start is given up. Their callers get an error, not a result:
 * a program that was ended while telling its version must not count as missing.
 */
export function endRuns(): void {
  for (const [child, reject] of underWay) {
    reject(new Error("given up"));
    child.kill("SIGTERM");
  }
}

/** Ends with its exit code and everything it printed; a failing command is no error. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...defined(options), stdio: ["ignore", "pipe", "pipe"] });
    underWay.set(child, reject);
    let output = "";
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString("utf8")).slice(-64_000);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const end = (code: number | null, text: string) => {
      underWay.delete(child);
      resolve({ code, output: text });
    };
    child.once("error", (error) => end(null, `${output}${error.message}`));
    child.once("close", (code) => end(code, output));
  });
}

/** As `run`, but a failure is an error that shows the last lines printed. */
export async function runOrThrow(
  what: string,
  command: string,
  args: readonly string[],
  options?: RunOptions,
) {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${what} failed (exit code ${code}):\n${lastLines(output, 15)}`);
  return output;
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

function defined(options: RunOptions) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
  };
}
