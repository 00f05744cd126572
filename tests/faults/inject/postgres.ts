import { childrenOf, identityOf, sendSignal, until } from "../cluster/process.ts";
import type { Arena } from "./arena.ts";
import { freezeProcesses, replaced } from "./processes.ts";

/** Faults of the database. */

function postmaster(arena: Arena, name: string): number {
  return arena.cluster.find(name).pid!;
}

/** «Immediate»: no checkpoint, no farewell; the next start recovers from the log. */
export function stopImmediately(arena: Arena, name: string): Promise<string[]> {
  return replaced(arena, name, postmaster(arena, name), "SIGQUIT", 10_000);
}

/** One killed backend makes the postmaster end all of them and recover. */
export async function killBackend(arena: Arena, name: string): Promise<string[]> {
  const parent = postmaster(arena, name);
  const before = childrenOf(parent);
  const victim = before.at(-1);
  const identity = victim === undefined ? null : identityOf(victim);
  if (victim === undefined || identity === null || !sendSignal(victim, "SIGKILL")) return [];
  if (!(await until(() => identityOf(victim) !== identity, 3_000))) return [];
  await until(() => before.every((pid) => !childrenOf(parent).includes(pid)), 10_000);
  const left = childrenOf(parent).filter((pid) => before.includes(pid)).length;
  return [`backend ${victim} was killed; of ${before.length} processes ${left} outlived the recovery`];
}

export function freezeAll(arena: Arena, name: string, ms: number): Promise<string[]> {
  const parent = postmaster(arena, name);
  // The postmaster first: it would fork more.
  return freezeProcesses(arena, [parent, ...childrenOf(parent)], ms);
}
