/**
 * The folder a cluster lives in: `.local` itself for the first, `.local/port-<port>` for any that is started
 * while another one runs from there. Taking it ends what a killed launcher left behind.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { passableFolder } from "./files.ts";
import { acquireLock } from "./lock.ts";
import { UsageError } from "./options.ts";
import { describePortHolder, listenError } from "./ports.ts";
import { stopLeftovers } from "./records.ts";

export interface Instance {
  dir: string;
  runDir: string;
  logsDir: string;
  clusterFile: string;
  /** Names of processes of an earlier, killed launcher that were ended. */
  leftovers: string[];
  release(): void;
}

export async function openInstance(dataDir: string, port: number): Promise<Instance> {
  await passableFolder(dataDir);
  const first = acquireLock(lockFile(dataDir), port);
  const dir = first.held ? dataDir : path.join(dataDir, `port-${port}`);
  const lock = first.held ? first : await lockSecond(dir, port, first.holder);
  try {
    const leftovers = await stopAllLeftovers(dataDir, dir);
    const clusterFile = path.join(dir, "cluster.json");
    await rm(clusterFile, { force: true });
    await refuseTakenPort(port);
    const logsDir = path.join(dir, "logs");
    await mkdir(logsDir, { recursive: true, mode: 0o700 });
    return { dir, runDir: runDirOf(dir), logsDir, clusterFile, leftovers, release: lock.release };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function lockSecond(dir: string, port: number, first: { pid: number; port: number }) {
  if (first.port === port) {
    throw new UsageError(
      `A cluster from this folder already runs on port ${port} (launcher pid ${first.pid}). Another one needs another --port.`,
    );
  }
  await passableFolder(dir);
  const lock = acquireLock(lockFile(dir), port);
  if (lock.held) return lock;
  throw new UsageError(`A cluster already runs on port ${port} (launcher pid ${lock.holder.pid}).`);
}

/** Those of our own folder, and of every second instance whose launcher is gone: it may hold our port. */
async function stopAllLeftovers(dataDir: string, own: string): Promise<string[]> {
  const names = await stopLeftovers(runDirOf(own));
  for (const name of await readdir(dataDir)) {
    const dir = path.join(dataDir, name);
    if (!name.startsWith("port-") || dir === own) continue;
    const lock = acquireLock(lockFile(dir), 0);
    if (!lock.held) continue;
    names.push(...(await stopLeftovers(runDirOf(dir))));
    await rm(path.join(dir, "cluster.json"), { force: true });
    lock.release();
  }
  return names;
}

async function refuseTakenPort(port: number): Promise<void> {
  for (const host of ["127.0.0.1", "::1"]) {
    const code = await listenError(port, host);
    if (code === "EADDRINUSE") {
      throw new UsageError(
        `${describePortHolder(port)}. Choose another one: npm start -- --port ${port + 1}`,
      );
    }
    if (code === "EACCES")
      throw new UsageError(`Port ${port} may be opened only by root. Choose one above 1023.`);
  }
}

function lockFile(dir: string): string {
  return path.join(dir, "launcher.lock");
}

function runDirOf(dir: string): string {
  return path.join(dir, "run");
}
