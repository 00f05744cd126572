import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { type Storage, writeFailure } from "./storage.ts";

/**
 * Files under one folder, spread over 256 by the end of their ids (the beginning is the time). Several apis may share
 * it: each file is written once, under a name that is its own.
 */
export function createDiskStorage(dir: string): Storage {
  const fileOf = (key: string) => path.join(dir, key.slice(34, 36), key);

  return {
    async put(key, file) {
      const target = fileOf(key);
      try {
        await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
        await flush(file);
        await rename(file, target);
      } catch (error) {
        throw writeFailure(error);
      }
    },
    async open(key, range) {
      try {
        const handle = await open(fileOf(key));
        return handle.createReadStream(range ?? {});
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
    },
    remove: (key) => rm(fileOf(key), { force: true }),
    close: () => undefined,
  };
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
