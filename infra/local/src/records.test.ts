import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processIdentity } from "./proc.ts";
import { findLeftovers, recordProcess, stopLeftovers } from "./records.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary.ts";

let folder: TemporaryFolder;
const sleepers: ChildProcess[] = [];
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => {
  for (const sleeper of sleepers) sleeper.kill("SIGKILL");
  await folder.remove();
});

async function sleeper(): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ["-e", "console.log('up'); setInterval(() => {}, 1000)"]);
  sleepers.push(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child as unknown as ChildProcess & { pid: number };
}

async function runDir(name: string): Promise<string> {
  const dir = path.join(folder.dir, name, "run");
  await mkdir(dir, { recursive: true });
  return dir;
}

const stop = [{ signal: "SIGTERM" as const, ms: 5_000 }];
const deadOwner = { pid: 999_999_999, identity: "gone" };

describe("stopLeftovers", () => {
  it("ends a process whose launcher is gone, and forgets it", async () => {
    const dir = await runDir("abandoned");
    const child = await sleeper();
    const record = {
      name: "gw1",
      pid: child.pid,
      identity: processIdentity(child.pid),
      stop,
      owner: deadOwner,
    };
    await writeFile(path.join(dir, "gw1.json"), JSON.stringify(record));
    const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    expect(await stopLeftovers(dir)).toEqual(["gw1"]);
    expect(await ended).toBe("SIGTERM");
    expect(await readdir(dir)).toEqual([]);
  });

  it("leaves alone a stranger that was given the same pid", async () => {
    const dir = await runDir("stranger");
    const child = await sleeper();
    const record = {
      name: "gw1",
      pid: child.pid,
      identity: `${child.pid}@1@another-boot`,
      stop,
      owner: deadOwner,
    };
    await writeFile(path.join(dir, "gw1.json"), JSON.stringify(record));
    expect(await stopLeftovers(dir)).toEqual([]);
    expect(processIdentity(child.pid)).not.toBeNull();
    expect(await readdir(dir)).toEqual([]);
  });

  it("leaves alone the processes of a live launcher", async () => {
    const dir = await runDir("live");
    const child = await sleeper();
    recordProcess(dir, { name: "gw1", pid: child.pid, identity: processIdentity(child.pid) ?? "", stop });
    expect(findLeftovers(dir)).toEqual([]);
    expect(await stopLeftovers(dir)).toEqual([]);
    expect(await readdir(dir)).toEqual(["gw1.json"]);
  });

  it("survives a record that was cut off in the middle", async () => {
    const dir = await runDir("broken");
    await writeFile(path.join(dir, "gw1.json"), '{"name": "g');
    expect(await stopLeftovers(dir)).toEqual([]);
  });
});
