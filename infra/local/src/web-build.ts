/** Builds the pages when their sources changed since the last build. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { exists } from "./files.ts";
import type { Environment } from "./options.ts";
import { runOrThrow } from "./run.ts";

export type WebBuild = "built" | "unchanged" | "no pages";

/** Everything the bundle is made of; the lock file stands for the dependencies. */
const SOURCES = ["web", "client", "contracts"];
/** With the pages, so that every cluster of this folder sees whether they are of its sources. */
const STAMP = "web/dist/.stamp";
const LOCK = "web/.vite/building";
const LOCK_MS = 120_000;
const NOT_SOURCES = new Set(["node_modules", "dist", ".vite"]);

export async function buildWeb(root: string, env: Environment): Promise<WebBuild> {
  if (!(await exists(path.join(root, "web/index.html")))) return "no pages";
  const stamp = await fingerprint(root);
  const isBuilt = async () => (await readFile(path.join(root, STAMP), "utf8").catch(() => "")) === stamp;
  if (await isBuilt()) return "unchanged";
  return withLock(path.join(root, LOCK), async () => {
    if (await isBuilt()) return "unchanged";
    await build(root, stamp, env);
    return "built";
  });
}

/** Beside the pages that may be served at this moment, which make room only for finished ones. */
async function build(root: string, stamp: string, env: Environment): Promise<void> {
  const vite = path.join(root, "node_modules/vite/bin/vite.js");
  const fresh = path.join(root, "web/.vite/dist");
  const production = { ...env, NODE_ENV: "production" };
  await rm(fresh, { recursive: true, force: true });
  // The widget goes into the folder of the pages, which their build empties.
  for (const part of ["web", "client"])
    await runOrThrow(`Building ${part}`, process.execPath, [vite, "build", part, "--outDir", fresh], {
      cwd: root,
      env: production,
    });
  await writeFile(path.join(fresh, ".stamp"), stamp);
  const served = path.join(root, "web/dist");
  await rm(served, { recursive: true, force: true });
  await rename(fresh, served);
}

/** One builder at a time, also of several clusters that start from this folder; the others find its work done. */
async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(folder), { recursive: true });
  const giveUpAt = Date.now() + LOCK_MS;
  // Whoever held it for so long is gone.
  while (!(await mkdir(folder).then(ok, failed)) && Date.now() < giveUpAt)
    await new Promise((resolve) => setTimeout(resolve, 100));
  try {
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const ok = () => true;
const failed = () => false;

/** Path, size and time of every source: reading 200 stats takes 5 ms, reading the files ten times that. */
async function fingerprint(root: string): Promise<string> {
  const hash = createHash("sha256");
  const files = [path.join(root, "package-lock.json")];
  for (const folder of SOURCES) files.push(...(await filesBelow(path.join(root, folder))));
  for (const file of files) {
    const { size, mtimeMs } = await stat(file).catch(() => ({ size: 0, mtimeMs: 0 }));
    hash.update(`${path.relative(root, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const nested = await Promise.all(
    entries
      .filter((entry) => !NOT_SOURCES.has(entry.name))
      .map((entry) => {
        const full = path.join(folder, entry.name);
        return entry.isDirectory() ? filesBelow(full) : [full];
      }),
  );
  return nested.flat().sort();
}
