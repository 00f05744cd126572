/** `cluster.json`: what runs now, for tests, measurements and people. */
import { rm } from "node:fs/promises";
import type { Role } from "./child.ts";
import { writeAtomically } from "./files.ts";

export interface ClusterProcess {
  name: string;
  role: Role;
  /** Null for a server that was given by URL. */
  pid: number | null;
  url: string | null;
  metricsUrl: string | null;
}

export interface ClusterDescription {
  url: string;
  processes: ClusterProcess[];
}

export interface ClusterFile {
  /** Writes what `describe` says at that moment; the last state always wins. */
  update(): Promise<void>;
  remove(): Promise<void>;
}

export function createClusterFile(file: string, describe: () => ClusterDescription): ClusterFile {
  let last: Promise<void> = Promise.resolve();
  let removed = false;
  const queue = (work: () => Promise<void>) => {
    last = last.then(work, work);
    return last;
  };
  return {
    update: () =>
      queue(async () => (removed ? undefined : writeAtomically(file, JSON.stringify(describe(), null, 2)))),
    remove: () => {
      removed = true;
      return queue(() => rm(file, { force: true }));
    },
  };
}
