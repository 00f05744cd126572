import type { FaultRecord } from "../history.ts";
import type { Progress } from "../load/progress.ts";
import type { Arena } from "./arena.ts";
import type { PlannedFault } from "./catalogue.ts";
import { injectFault } from "./injector.ts";

/** One fault after another, each followed until everyone is served again, while people talk. */
export async function breakThings(options: {
  arena: Arena;
  progress: Progress;
  plan: Iterable<PlannedFault>;
  /** The plan is done to its end, however long that takes; else as much of it as fits in `seconds`. */
  all: boolean;
  seconds: number;
  /** Between two faults, milliseconds. */
  gap: [number, number];
  stableWithinMs: number;
  now: () => number;
  say: (line: string) => void;
  record: (fault: FaultRecord) => void;
}): Promise<void> {
  const { arena, progress, plan, all, gap, stableWithinMs, now, say } = options;
  const began = now();
  const left = () => Math.max(0, began + options.seconds * 1_000 - now());
  let number = 0;
  for (const planned of plan) {
    const gapMs = gap[0] + planned.draw * (gap[1] - gap[0]);
    await arena.sleep(all ? gapMs : Math.min(gapMs, left()));
    if (!all && left() === 0) break;
    number += 1;
    options.record(await injectFault({ arena, planned, number, progress, stableWithinMs, began, now, say }));
  }
  await arena.sleep(left());
}
