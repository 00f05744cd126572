import { lstat, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPostgres } from "./postgres.ts";
import { postgresState } from "./probes.ts";
import { processesIn, processIdentity } from "./proc.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe("startPostgres", () => {
  it("comes back with its data after SIGKILL, over a stale postmaster.pid", {
    timeout: 120_000,
  }, async () => {
    const dir = path.join(folder.dir, "pg");
    const first = await startPostgres({ dir, fsync: false });
    expect((await lstat(path.join(dir, "postgres"))).isSymbolicLink()).toBe(false); // nothing outside the folder
    expect(await postgresState(first.url)).toBe("ready");
    const pidFile = path.join(dir, "postgres/data/postmaster.pid");
    expect(Number((await readFile(pidFile, "utf8")).split("\n")[0])).toBe(first.pid);

    process.kill(first.pid, "SIGKILL");
    await first.exited;
    // The worst case: its pid now belongs to a process that lives.
    await writeFile(pidFile, (await readFile(pidFile, "utf8")).replace(/^\d+/, String(process.pid)));
    const second = await startPostgres({ dir, fsync: false });
    expect(await postgresState(second.url)).toBe("ready");
    expect(new URL(second.url).password).toBe(new URL(first.url).password);

    await second.remove();
    expect(processIdentity(second.pid)).toBeNull();
    expect(processesIn(path.join(dir, "postgres/data"))).toEqual([]);
    await expect(stat(path.join(dir, "postgres"))).rejects.toThrow("ENOENT");
  });

  it("says absent where nobody listens", async () => {
    expect(await postgresState("postgresql://127.0.0.1:1/x")).toBe("absent");
  });
});
