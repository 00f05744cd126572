import { readdirSync, readFileSync } from "node:fs";
import { processIdentity, signal } from "@parloir/local/proc.ts";

/** What the operating system says of a process of the cluster. Linux: faults are not injected elsewhere. */

/** R, S, D, T (stopped), Z …; null when it is gone. */
export function stateOf(pid: number): string | null {
  return statFields(pid)?.[0] ?? null;
}

/** The processes that this one started: Postgres' backends, of which cluster.json lists only the postmaster. */
export function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => Number(statFields(each)?.[1]) === pid);
}

export function isRunning(pid: number): boolean {
  return processIdentity(pid) !== null;
}

export function identityOf(pid: number): string | null {
  return processIdentity(pid);
}

/** False when it was gone already. */
export function sendSignal(pid: number, name: NodeJS.Signals): boolean {
  return signal(pid, name);
}

/** Polls, because processes that are not our children send no event. */
export async function until(condition: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The fields of /proc/<pid>/stat behind the name, which may hold spaces and parentheses. */
function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
