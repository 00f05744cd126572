import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { storageFull } from "./storage.ts";

/** Where files arrive and are looked at before anybody else can see them. */
export interface Spool {
  /** Runs with the path of a file that is not there yet, and removes it afterwards whatever happens. */
  use: <T>(work: (file: string) => Promise<T>) => Promise<T>;
  /** Removes what a process left that was killed. */
  sweep: () => Promise<void>;
}

/** Longer than any upload may take. */
const leftOverMs = 60 * 60_000;

/** @param keepFree bytes of the disk that uploads leave alone: other things live there, Postgres perhaps */
export function createSpool(dir: string, keepFree: number): Spool {
  return {
    async use(work) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      if (keepFree > 0) {
        const { bavail, bsize } = await statfs(dir);
        if (bavail * bsize < keepFree) throw storageFull();
      }
      const file = path.join(dir, randomUUID());
      try {
        return await work(file);
      } finally {
        await rm(file, { force: true });
      }
    },
    async sweep() {
      // Nobody has uploaded anything yet when there is no folder.
      const names = await readdir(dir).catch(() => []);
      for (const name of names) {
        const file = path.join(dir, name);
        const found = await stat(file).catch(() => null);
        if (found && Date.now() - found.mtimeMs > leftOverMs) await rm(file, { force: true });
      }
    },
  };
}
