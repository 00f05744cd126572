import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock, lockHolder } from "./lock.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe("acquireLock", () => {
  it("refuses a second holder and names the first", () => {
    const file = path.join(folder.dir, "first.lock");
    const lock = acquireLock(file, 8080);
    expect(acquireLock(file, 9000)).toMatchObject({ held: false, holder: { pid: process.pid, port: 8080 } });
    if (lock.held) lock.release();
    expect(acquireLock(file, 9000).held).toBe(true);
  });

  it("takes over from a launcher that is gone, also when its pid was given to another process", () => {
    const file = path.join(folder.dir, "stale.lock");
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    for (const dead of [
      { pid, identity: `${pid}@1@x` },
      { pid: process.pid, identity: "an earlier life" },
      {},
    ]) {
      writeFileSync(file, JSON.stringify({ ...dead, port: 8080 }));
      expect(lockHolder(file)).toBeNull();
      const lock = acquireLock(file, 8080);
      expect(lock.held).toBe(true);
      if (lock.held) lock.release();
    }
    expect(readdirSync(folder.dir).filter((name) => name.startsWith("stale"))).toEqual([]);
  });
});
