import { connect } from "node:net";
import { identityOf, isRunning, sendSignal, stateOf, until } from "../cluster/process.ts";
import type { Arena } from "./arena.ts";

/** Faults of single processes, and what proves that they happened. */

/** A killed process is gone at once; the launcher must have another one up after this. */
const replacedWithinMs = 20_000;
const goneWithinMs = 3_000;
/** A gateway drains first (6 s here), an api finishes what it began. */
const terminatedWithinMs = 25_000;

function pidOf(arena: Arena, name: string): number {
  const { pid } = arena.cluster.find(name);
  if (pid === null) throw new Error(`${name} has no pid`);
  return pid;
}

export async function kill(arena: Arena, name: string): Promise<string[]> {
  const pid = pidOf(arena, name);
  return replaced(arena, name, pid, "SIGKILL", goneWithinMs);
}

export async function terminate(arena: Arena, name: string): Promise<string[]> {
  const pid = pidOf(arena, name);
  return replaced(arena, name, pid, "SIGTERM", terminatedWithinMs);
}

export async function replaced(
  arena: Arena,
  name: string,
  pid: number,
  signal: NodeJS.Signals,
  goneMs: number,
): Promise<string[]> {
  const identity = identityOf(pid);
  if (identity === null || !sendSignal(pid, signal)) return [];
  const started = performance.now();
  if (!(await until(() => identityOf(pid) !== identity, goneMs))) return [];
  const gone = Math.round(performance.now() - started);
  let next: number | null = null;
  const isBack = () => {
    next = arena.cluster.find(name).pid;
    return next !== null && next !== pid && isRunning(next);
  };
  if (!(await until(isBack, replacedWithinMs)))
    return [`pid ${pid} was gone ${gone} ms after ${signal}`, "and nobody replaced it"];
  const back = Math.round(performance.now() - started);
  return [`pid ${pid} was gone ${gone} ms after ${signal}, pid ${next} took its place after ${back} ms`];
}

export async function freeze(arena: Arena, name: string, ms: number): Promise<string[]> {
  return freezeProcesses(arena, [pidOf(arena, name)], ms);
}

export async function freezeProcesses(arena: Arena, pids: number[], ms: number): Promise<string[]> {
  const stopped: number[] = [];
  try {
    for (const pid of pids) if (sendSignal(pid, "SIGSTOP")) stopped.push(pid);
    // One that ended just before stays a zombie, because its parent is stopped and does not ask for it.
    const isStopped = () => stopped.every((pid) => ["T", "Z", null].includes(stateOf(pid)));
    if (stopped.length === 0 || !(await until(isStopped, 3_000))) return [];
    const frozen = stopped.filter((pid) => stateOf(pid) === "T");
    if (frozen.length === 0) return [];
    await arena.sleep(ms);
    return [`state T for ${ms} ms: pid ${frozen.join(", ")}`];
  } finally {
    for (const pid of stopped) sendSignal(pid, "SIGCONT");
  }
}

/** An outage: whatever the launcher starts again is killed again. */
export async function keepKilling(arena: Arena, name: string, ms: number): Promise<string[]> {
  const end = performance.now() + ms;
  const pids = new Set<number>();
  let refused = 0;
  const { url } = arena.cluster.find(name);
  while (performance.now() < end) {
    const { pid } = arena.cluster.find(name);
    if (pid !== null && sendSignal(pid, "SIGKILL")) pids.add(pid);
    if (!(await accepts(url!))) refused += 1;
    await arena.sleep(50);
  }
  if (pids.size === 0 || refused === 0) return [];
  return [`pids ${[...pids].join(", ")} were killed, ${refused} connections refused in ${ms} ms`];
}

function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const done = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}
