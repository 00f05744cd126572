import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** CPU and memory of process trees, from Linux's /proc. */

interface Stat {
  parent: number;
  /** User and system time in seconds, with that of children already waited for. */
  cpuSeconds: number;
}

/**
 * CPU seconds used so far by each process and all its descendants. Those that ended count too, once their parent has
 * waited for them: Postgres starts and ends a process for each connection and each autovacuum.
 */
export function cpuSecondsOf(pids: readonly number[]): number[] {
  const stats = readStats();
  return pids.map((pid) =>
    treeOf(pid, stats).reduce((sum, member) => sum + (stats.get(member)?.cpuSeconds ?? 0), 0),
  );
}

/** Resident megabytes of a process and its descendants; pages that several share (Postgres) count once. */
export function residentMegabytes(pid: number): number {
  return treeOf(pid, readStats()).reduce((sum, member) => sum + proportionalMegabytes(member), 0);
}

/** CPU seconds used so far by the whole machine, with what the hypervisor gave to its other guests. */
export function machineCpuSeconds(): number {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user! + nice! + system! + irq! + softirq! + steal!) / ticksPerSecond;
}

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

function readStats(): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const text = readOrNothing(`/proc/${name}/stat`);
    if (text !== undefined) stats.set(pid, parseStat(text));
  }
  return stats;
}

/** The second field is the program's name in parentheses and may itself hold spaces and parentheses. */
export function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [userTime, systemTime, childrenUserTime, childrenSystemTime] = fields.slice(11, 15).map(Number);
  const ticks = userTime! + systemTime! + childrenUserTime! + childrenSystemTime!;
  return { parent: Number(fields[1]), cpuSeconds: ticks / ticksPerSecond };
}

function treeOf(root: number, stats: Map<number, Stat>): number[] {
  const tree = [root];
  for (const parent of tree) {
    for (const [pid, stat] of stats) if (stat.parent === parent) tree.push(pid);
  }
  return tree;
}

function proportionalMegabytes(pid: number): number {
  const rollup = readOrNothing(`/proc/${pid}/smaps_rollup`);
  const kilobytes =
    /^Pss:\s+(\d+)/m.exec(rollup ?? "")?.[1] ??
    /^VmRSS:\s+(\d+)/m.exec(readOrNothing(`/proc/${pid}/status`) ?? "")?.[1];
  return Number(kilobytes ?? 0) / 1_024;
}

/** A process may end between being listed and being read, and another user's memory map may not be read at all. */
function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
