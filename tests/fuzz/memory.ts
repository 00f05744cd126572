import { residentMegabytes } from "@parloir/bench/proc.ts";

/** Whether processes grow under fire. Resident memory falls only when a collector runs, so lows are compared. */
export interface MemoryWatch {
  sample: () => void;
  /** A complaint per process that grew; empty when the run was too short to tell. */
  judge: () => string[];
  /** Per process: lowest of the second quarter and of the last, megabytes. */
  figures: () => { name: string; before: number; after: number }[];
}

/** A V8 heap takes this long to find its size. */
const fewestSamples = 24;
const allowedGrowth = 1.3;
const allowedMegabytes = 64;

export function watchMemory(processes: { name: string; pid: number }[]): MemoryWatch {
  const samples = new Map(processes.map(({ name }): [string, number[]] => [name, []]));

  function figures() {
    return [...samples].map(([name, all]) => {
      const quarter = Math.floor(all.length / 4);
      const [before, after] = [all.slice(quarter, 2 * quarter), all.slice(-quarter)].map((part) =>
        Math.min(...part),
      );
      return { name, before: before!, after: after! };
    });
  }

  return {
    sample() {
      for (const { name, pid } of processes) samples.get(name)!.push(residentMegabytes(pid));
    },
    judge() {
      const count = Math.min(...[...samples.values()].map((all) => all.length));
      if (count < fewestSamples) return [];
      return figures()
        .filter(({ before, after }) => after > before * allowedGrowth + allowedMegabytes)
        .map(({ name, before, after }) => `${name} grew from ${before.toFixed(0)} to ${after.toFixed(0)} MB`);
    },
    figures,
  };
}
