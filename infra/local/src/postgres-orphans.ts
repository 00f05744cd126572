/**
 * What a Postgres killed by SIGKILL leaves: backends that have not noticed yet and hold its shared memory,
 * and a postmaster.pid. While either is there a new one refuses to start.
 */
import { readFile, realpath, rm } from "node:fs/promises";
import path from "node:path";
import { processesIn, processIdentity, programName, signal, waitUntilGone } from "./proc.ts";
import { stopStranger } from "./records.ts";

// Idle backends go at once; one in the middle of a long query looks only now and then.
const BACKENDS_NOTICE_WITHIN_MS = 1_000;

/** Call only while no postmaster of ours serves this folder. */
export async function clearOrphans(dataFolder: string): Promise<void> {
  const data = await realpath(dataFolder).catch(() => null);
  if (data === null) return;
  const pidFile = path.join(data, "postmaster.pid");
  const pid = Number((await readFile(pidFile, "utf8").catch(() => "")).split("\n")[0]);
  // Elsewhere than on Linux a folder's processes cannot be found; Postgres then judges its file itself.
  if (process.platform !== "linux" && pid > 0 && processIdentity(pid) !== null) return;

  const orphans = () => processesIn(data).filter((candidate) => programName(candidate) === "postgres");
  if (pid > 0 && orphans().includes(pid)) await stopPostmaster(pid);
  if (!(await waitUntilGone(() => orphans().length > 0, BACKENDS_NOTICE_WITHIN_MS))) {
    for (const orphan of orphans()) signal(orphan, "SIGKILL");
    await waitUntilGone(() => orphans().length > 0, 5_000);
  }
  // Left in place, its pid may by now be another program's, and Postgres would take that for itself.
  await rm(pidFile, { force: true });
}

/** One that lost its record, or that somebody started by hand on our data. */
async function stopPostmaster(pid: number): Promise<void> {
  const identity = processIdentity(pid);
  if (identity === null) return;
  await stopStranger(pid, identity, [
    { signal: "SIGINT", ms: 15_000 },
    { signal: "SIGQUIT", ms: 5_000 },
  ]);
}
