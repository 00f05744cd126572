import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProcessSpec } from "./child.ts";
import { processIdentity } from "./proc.ts";
import { backoffMs, Supervised } from "./supervised.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const RUNS_ON = "setInterval(() => {}, 1000); console.log('up')";
const IGNORES_SIGTERM = `process.on('SIGTERM', () => {}); ${RUNS_ON}`;

/** A process under supervision and what is reported of it; `spawned(n)` settles with the n-th pid. */
function supervise(name: string, script: string, stopMs = 10_000) {
  const pids: number[] = [];
  const delays: number[] = [];
  let changed: () => void = () => undefined;
  let isUp = false;
  const spec: ProcessSpec = {
    name,
    role: "gateway",
    command: process.execPath,
    args: ["-e", script],
    env: {},
    ready: async () => isUp,
    stop: [{ signal: "SIGTERM", ms: stopMs }],
  };
  const supervised = new Supervised(spec, path.join(folder.dir, name), {
    onLine: () => {
      isUp = true;
    },
    onSpawn: (pid) => {
      pids.push(pid);
      changed();
    },
    onExit: (_, delay) => {
      isUp = false;
      delays.push(delay);
    },
    onBack: () => undefined,
  });
  const spawned = async (count: number) => {
    while (pids.length < count) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
    return pids[count - 1] ?? 0;
  };
  return { supervised, spawned, delays };
}

describe("Supervised", () => {
  it("replaces a killed process at once, and a second time after half a second", {
    timeout: 60_000,
  }, async () => {
    const { supervised, spawned, delays } = supervise("killed", RUNS_ON);
    await supervised.start(30_000);
    process.kill(await spawned(1), "SIGKILL");
    const second = await spawned(2);
    expect(supervised.pid).toBe(second);
    process.kill(second, "SIGKILL");
    const third = await spawned(3);
    expect(delays).toEqual([0, 500]);
    await supervised.stop();
    expect(processIdentity(third)).toBeNull();
  });

  it("gives up a first start that only dies", { timeout: 60_000 }, async () => {
    const { supervised } = supervise("dying", "process.exit(3)");
    await expect(supervised.start(30_000)).rejects.toThrow("dying ended 4 times while starting");
  });

  it("reports a program that does not exist", { timeout: 60_000 }, async () => {
    const { supervised } = supervise("absent", "");
    Object.assign(supervised.spec, { command: "/does/not/exist" });
    await expect(supervised.start(30_000)).rejects.toThrow("absent ended 4 times");
  });

  it("kills what does not end in time", { timeout: 60_000 }, async () => {
    const { supervised, spawned } = supervise("stubborn", IGNORES_SIGTERM, 100);
    await supervised.start(30_000);
    expect(await supervised.stop()).toBe(false);
    expect(processIdentity(await spawned(1))).toBeNull();
  });
});

describe("backoffMs", () => {
  it("never waits longer than 5 s, so that a process is back within 10 s of its cause going away", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 1_000].map(backoffMs)).toEqual([
      0, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000,
    ]);
  });
});
