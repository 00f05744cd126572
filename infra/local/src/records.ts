/**
 * A file per running process under `<instance>/run`, and what is done about those a killed launcher left.
 * A process is ours only if pid, start time and boot all match its record: a reused pid is a stranger.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { StopPlan } from "./child.ts";
import { isSameProcess, processIdentity, signal, waitUntilGone } from "./proc.ts";

export interface ProcessRecord {
  name: string;
  pid: number;
  identity: string;
  stop: StopPlan;
}

interface StoredRecord extends ProcessRecord {
  /** The launcher or test runner that started it. */
  owner: { pid: number; identity: string };
}

/** Synchronous: it must be on disk before anything can happen to us. */
export function recordProcess(runDir: string, record: ProcessRecord): void {
  mkdirSync(runDir, { recursive: true });
  const owner = { pid: process.pid, identity: processIdentity(process.pid) ?? "" };
  const file = recordFile(runDir, record.name);
  const temporary = `${file}.${record.pid}`;
  writeFileSync(temporary, JSON.stringify({ ...record, owner } satisfies StoredRecord), { mode: 0o600 });
  renameSync(temporary, file);
}

export function forgetProcess(runDir: string, name: string, pid: number): void {
  if (readRecord(recordFile(runDir, name))?.pid === pid) rmSync(recordFile(runDir, name), { force: true });
}

/** Processes recorded here that still run although their owner is gone. */
export function findLeftovers(runDir: string): ProcessRecord[] {
  return readRecords(runDir)
    .filter((record) => !isSameProcess(record.owner.pid, record.owner.identity))
    .filter((record) => isSameProcess(record.pid, record.identity));
}

/** Ends them and removes records that no longer mean anything. Answers with the names of those ended. */
export async function stopLeftovers(runDir: string): Promise<string[]> {
  const leftovers = findLeftovers(runDir);
  await Promise.all(
    leftovers.map(({ pid, identity, stop }) => stopStranger(pid, identity, stop.map(withLittlePatience))),
  );
  for (const record of readRecords(runDir)) {
    if (!isSameProcess(record.pid, record.identity)) forgetProcess(runDir, record.name, record.pid);
  }
  return leftovers.map((record) => record.name);
}

/** Ends a process that is not our child, by its plan. `identity` guards against a reused pid. */
export async function stopStranger(pid: number, identity: string, plan: StopPlan): Promise<void> {
  const alive = () => processIdentity(pid) === identity;
  for (const step of [...plan, { signal: "SIGKILL" as const, ms: 5_000 }]) {
    if (!alive()) return;
    signal(pid, step.signal);
    if (await waitUntilGone(alive, step.ms)) return;
  }
}

// Nobody waits for a polite farewell of these: their balancer goes with them, and a new cluster waits.
// Postgres (SIGINT first) is the exception: stopping it properly is quicker than its recovery.
function withLittlePatience(step: StopPlan[number]): StopPlan[number] {
  return step.signal === "SIGINT" ? step : { ...step, ms: Math.min(step.ms, 1_000) };
}

function readRecords(runDir: string): StoredRecord[] {
  let names: string[];
  try {
    names = readdirSync(runDir);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => readRecord(path.join(runDir, name)) ?? []);
}

function readRecord(file: string): StoredRecord | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as StoredRecord;
  } catch {
    return null;
  }
}

function recordFile(runDir: string, name: string): string {
  return path.join(runDir, `${name}.json`);
}
