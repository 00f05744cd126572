import { describe, expect, it } from "vitest";
import { gatherJobs } from "./gather.ts";

const longMs = 60_000;

describe("gatherJobs", () => {
  it("does together what comes within the time", async () => {
    const runs: number[][] = [];
    const process = gatherJobs<number>({
      process: async (jobs) => void runs.push(jobs),
      gatherMs: 20,
      atMost: 50,
    });
    await Promise.all([1, 2, 3].map(process));
    await process(4);
    expect(runs).toEqual([[1, 2, 3], [4]]);
  });

  it("waits no longer once there are as many as can be", async () => {
    const runs: number[][] = [];
    const process = gatherJobs<number>({
      process: async (jobs) => void runs.push(jobs),
      gatherMs: longMs,
      atMost: 2,
    });
    await Promise.all([1, 2, 3, 4].map(process));
    expect(runs).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("begins a run only when the one before has ended", async () => {
    const log: string[] = [];
    const process = gatherJobs<string>({
      process: async ([job]) => {
        log.push(`begin ${job}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
        log.push(`end ${job}`);
      },
      gatherMs: longMs,
      atMost: 1,
    });
    await Promise.all(["a", "b"].map(process));
    expect(log).toEqual(["begin a", "end a", "begin b", "end b"]);
  });

  it("lets a bad job fail for itself", async () => {
    const done: number[] = [];
    const process = gatherJobs<number>({
      process: async (jobs) => {
        if (jobs.includes(2)) throw new Error("bad");
        done.push(...jobs);
      },
      gatherMs: longMs,
      atMost: 3,
    });
    const results = await Promise.allSettled([1, 2, 3].map(process));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(done).toEqual([1, 3]);
  });
});
