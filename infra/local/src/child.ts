/** One run of one process: spawned in its own group, recorded on disk, stopped for certain. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Environment } from "./options.ts";
import { processIdentity } from "./proc.ts";
import { forgetProcess, recordProcess } from "./records.ts";

export type Role = "balancer" | "gateway" | "api" | "worker" | "postgres" | "redis";

/** Signals to end a process with, politest first, and how long each may take. SIGKILL always follows. */
export type StopPlan = readonly { signal: NodeJS.Signals; ms: number }[];

export interface ProcessSpec {
  name: string;
  role: Role;
  command: string;
  args: readonly string[];
  env: Environment;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Clears what an earlier life left behind: before every spawn and after the last end. */
  cleanUp?: () => Promise<void>;
  /** Asks once whether it serves. */
  ready: () => Promise<boolean>;
  stop: StopPlan;
  /** The pid to show, when the spawned program only stands for another (a Docker container). */
  shownPid?: (spawned: number) => Promise<number>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  pid: number;
  exited: Promise<Exit>;
  hasExited(): boolean;
  kill(name: NodeJS.Signals): void;
}

export type LineSink = (line: string, stream: "stdout" | "stderr") => void;

const running = new Map<ChildProcess, StopPlan>();
// Whatever ends this process by itself (an uncaught error, a test runner's exit) takes the children along.
// Only SIGKILL leaves them; then the records on disk tell the next start.
process.once("exit", () => {
  for (const [child, plan] of running) child.kill(plan[0]?.signal ?? "SIGTERM");
});

/**
 * Spawns; rejects when the program cannot be started at all. `detached` gives it a process group of its own,
 * so Ctrl-C in a terminal reaches the launcher only and everything can end in order.
 */
export async function spawnChild(spec: ProcessSpec, runDir: string, onLine: LineSink): Promise<Child> {
  const { command, args, env, cwd, uid, gid } = spec;
  const identityOptions = uid === undefined || gid === undefined ? {} : { uid, gid };
  const child = spawn(command, args, {
    env: { ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...identityOptions,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid === undefined) {
    const error = await new Promise<Error>((resolve) => child.once("error", resolve));
    throw new Error(`${spec.name}: ${error.message}`);
  }
  // In the same tick as the fork: nothing may come between a process and the note that it is ours.
  recordProcess(runDir, { name: spec.name, pid, identity: processIdentity(pid) ?? "", stop: spec.stop });
  running.set(child, spec.stop);
  for (const stream of ["stdout", "stderr"] as const) {
    createInterface({ input: child[stream] }).on("line", (line) => onLine(line, stream));
  }
  return watch(child, pid, () => forgetProcess(runDir, spec.name, pid));
}

/** Ends the process by its plan; true when no SIGKILL was needed. */
export async function stopChild(child: Child, plan: StopPlan): Promise<boolean> {
  for (const step of plan) {
    if (child.hasExited()) return true;
    child.kill(step.signal);
    if (await settledWithin(child.exited, step.ms)) return true;
  }
  child.kill("SIGKILL");
  await child.exited;
  return false;
}

/** Asks `ready` until it says yes; false when the time is over or the process has ended. */
export async function waitUntilReady(spec: ProcessSpec, child: Child, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (!child.hasExited() && Date.now() < deadline) {
    if (await spec.ready()) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}

function watch(child: ChildProcess, pid: number, onExit: () => void): Child {
  let done = false;
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signalName) => {
      done = true;
      running.delete(child);
      onExit();
      resolve({ code, signal: signalName });
    });
  });
  return {
    pid,
    exited,
    hasExited: () => done,
    kill: (name) => {
      if (!done) child.kill(name);
    },
  };
}

async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}
