import type { FaultRecord } from "../history.ts";
import type { Progress } from "../load/progress.ts";
import type { Arena } from "./arena.ts";
import { faultKinds, type PlannedFault } from "./catalogue.ts";

/**
 * All well for so long counts as stable, since the beginning of that time. A lost message counts as late only when it
 * is one to two seconds old (progress.ts): a shorter time would take the silence before that for health.
 */
const steadyMs = 2_500;
const pollMs = 50;

/** Does one fault and waits until the cluster serves everyone again. */
export async function injectFault(options: {
  arena: Arena;
  planned: PlannedFault;
  number: number;
  progress: Progress;
  /** How long to wait for that. */
  stableWithinMs: number;
  /** When the load began. */
  began: number;
  now: () => number;
  say: (line: string) => void;
}): Promise<FaultRecord> {
  const { arena, planned, number, now, say } = options;
  const kind = faultKinds[planned.kind]!;
  const targets = kind.targets(arena);
  const target = targets[Math.floor(planned.draw * targets.length)] ?? "nobody";
  const startedAt = now();
  const wellFrom = () => stability(options);
  // What happens at one moment is over at once, even while its replacement is still being waited for.
  const early = kind.lasts || kind.drawnOut ? null : wellFrom();
  early?.catch(() => undefined); // awaited below, unless the injection fails first
  const evidence = await attempt(() => kind.inject(arena, target, planned.ms), say);
  const endedAt = early ? startedAt : now();
  const { stableAt, trouble } = await (early ?? wellFrom());
  const seconds = ((stableAt - endedAt) / 1_000).toFixed(1);
  const result = Number.isNaN(stableAt) ? `never stable again: ${trouble}` : `stable ${seconds} s later`;
  say(
    `  ${((startedAt - options.began) / 1_000).toFixed(0).padStart(4)} s  ${planned.kind} ${target}: ${result}`,
  );
  return { number, kind: planned.kind, target, startedAt, endedAt, stableAt, evidence };
}

/** An injection that fails is a fault that did not happen: the checker says so. */
async function attempt(inject: () => Promise<string[]>, say: (line: string) => void): Promise<string[]> {
  try {
    return await inject();
  } catch (error) {
    say(`  the fault could not be done: ${(error as Error).message}`);
    return [];
  }
}

async function stability({
  progress,
  arena,
  now,
  stableWithinMs,
}: {
  progress: Progress;
  arena: Arena;
  now: () => number;
  stableWithinMs: number;
}) {
  const giveUpAt = now() + stableWithinMs;
  let since = Number.NaN;
  let trouble: string | null = null;
  while (now() < giveUpAt) {
    const current = progress.trouble();
    if (current !== null) {
      trouble = current;
      since = Number.NaN;
    } else if (Number.isNaN(since)) since = now();
    else if (now() - since >= steadyMs) return { stableAt: since, trouble };
    await arena.sleep(pollMs);
  }
  return { stableAt: Number.NaN, trouble };
}
