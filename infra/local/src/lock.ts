/** One live launcher per instance folder; a dead one's lock is worth nothing. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isSameProcess, processIdentity } from "./proc.ts";

export interface LockHolder {
  pid: number;
  identity: string;
  /** For the reader of a message: which port that launcher serves. */
  port: number;
}

export type LockResult = { held: true; release(): void } | { held: false; holder: LockHolder };

export function acquireLock(file: string, port: number): LockResult {
  const own: LockHolder = { pid: process.pid, identity: processIdentity(process.pid) ?? "", port };
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, JSON.stringify(own), { mode: 0o600 });
  try {
    // Linking either makes the complete file or fails because one is there: no moment in between.
    for (let attempt = 0; attempt < 10; attempt += 1) {
      if (tryLink(aside, file)) return { held: true, release: () => release(file, own) };
      const holder = lockHolder(file);
      if (holder !== null) return { held: false, holder };
      discardStale(file, own.pid);
    }
    throw new Error(`${file} cannot be taken`);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Waits until whoever holds it lets go, or dies. For work that is short, such as a download. */
export async function waitForLock(file: string): Promise<() => void> {
  for (;;) {
    const lock = acquireLock(file, 0);
    if (lock.held) return lock.release;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The live launcher that holds it, or null. */
export function lockHolder(file: string): LockHolder | null {
  const holder = read(file);
  return holder !== null && isSameProcess(holder.pid, holder.identity) ? holder : null;
}

/** Moved away first and looked at again: another launcher may have replaced it since we judged it stale. */
function discardStale(file: string, pid: number): void {
  const away = `${file}.stale.${pid}`;
  try {
    renameSync(file, away);
  } catch {
    return; // another launcher was quicker
  }
  if (lockHolder(away) !== null) tryLink(away, file);
  rmSync(away, { force: true });
}

function release(file: string, own: LockHolder): void {
  if (read(file)?.identity === own.identity) rmSync(file, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function read(file: string): LockHolder | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LockHolder;
  } catch {
    return null;
  }
}
