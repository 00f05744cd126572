/** What the operating system says of a process. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const linux = process.platform === "linux";

/**
 * A name for this very process, not for its number: pids are reused, a pid with its start time is not.
 * Null when it is gone. A zombie counts as gone: in a container nobody may ever reap it.
 */
export function processIdentity(pid: number): string | null {
  if (!linux) {
    const started = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
    }).stdout?.trim();
    return started ? `${pid}@${started}` : null;
  }
  try {
    // Field 2 is the program's name in parentheses and may hold spaces: count from behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return null;
    return `${pid}@${fields[19]}@${bootId()}`;
  } catch {
    return null;
  }
}

export function isSameProcess(pid: number, identity: string): boolean {
  return processIdentity(pid) === identity;
}

/** Processes whose working directory is `dir`: how orphaned Postgres backends are recognised. */
export function processesIn(dir: string): number[] {
  return allPids().filter((pid) => link(`/proc/${pid}/cwd`) === dir && processIdentity(pid) !== null);
}

export function allPids(): number[] {
  if (!linux) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

export function workingDirectory(pid: number): string | null {
  return link(`/proc/${pid}/cwd`);
}

export function programName(pid: number): string | null {
  return text(`/proc/${pid}/comm`)?.trim() ?? null;
}

/** Sends a signal; false when the process is gone already. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Waits until none of them runs; false when the time is over first. Pids that are not our children send no event, so this asks. */
export async function waitUntilGone(alive: () => boolean, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (alive()) {
    if (Date.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

function bootId(): string {
  return text("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

function link(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function text(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
