/** A folder for the servers of one test run; what a killed run left is swept by the next. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryRoot } from "./options.ts";
import { isSameProcess, processIdentity } from "./proc.ts";
import { stopLeftovers } from "./records.ts";

export interface TemporaryFolder {
  dir: string;
  remove(): Promise<void>;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const root = temporaryRoot();
  await mkdir(root, { recursive: true, mode: 0o711 });
  await sweep(root);
  const dir = await mkdtemp(path.join(root, "test-"));
  // mkdtemp makes it private; then the user postgres could not pass, and data would go outside of it.
  await chmod(dir, 0o711);
  const owner = { pid: process.pid, identity: processIdentity(process.pid) };
  await writeFile(path.join(dir, "owner.json"), JSON.stringify(owner));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Ends the processes of runs whose owner is gone, and deletes their folders. */
async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const dir = path.join(root, name);
    const owner = await ownerOf(dir);
    if (owner === null || isSameProcess(owner.pid, owner.identity)) continue;
    for (const folder of await foldersWithRecords(dir)) await stopLeftovers(folder);
    await rm(dir, { recursive: true, force: true });
  }
}

/** `run` folders lie in the folder itself or one below it. */
async function foldersWithRecords(dir: string): Promise<string[]> {
  const below = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const folders = [
    dir,
    ...below.filter((entry) => entry.isDirectory()).map((entry) => path.join(dir, entry.name)),
  ];
  return folders.map((folder) => path.join(folder, "run"));
}

async function ownerOf(dir: string): Promise<{ pid: number; identity: string } | null> {
  try {
    return JSON.parse(await readFile(path.join(dir, "owner.json"), "utf8")) as {
      pid: number;
      identity: string;
    };
  } catch {
    return null;
  }
}
