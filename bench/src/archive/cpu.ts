import { readdirSync, readFileSync } from "node:fs";

/**
 * Milliseconds on a CPU, of these processes with their descendants, to the microsecond. On a machine that is busy with
 * other things it says what a request takes, where the clock says how long it waited for its turn.
 */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ownMs(pid) + cpuMs(childrenOf(pid)), 0);
}

function ownMs(pid: number): number {
  return sumOfThreads(pid, (path) => Number(readFileSync(`${path}/schedstat`, "utf8").split(" ")[0]) / 1e6);
}

function childrenOf(pid: number): number[] {
  const children: number[] = [];
  sumOfThreads(pid, (path) => {
    children.push(...readFileSync(`${path}/children`, "utf8").split(" ").filter(Boolean).map(Number));
    return 0;
  });
  return children;
}

/** A thread or process that ends meanwhile counts nothing. */
function sumOfThreads(pid: number, read: (path: string) => number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce(
      (sum, thread) => sum + read(`/proc/${pid}/task/${thread}`),
      0,
    );
  } catch {
    return 0;
  }
}
