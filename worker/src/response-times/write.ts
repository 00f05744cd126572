import type { Database } from "@parloir/store/database.ts";
import {
  type ChangedWait,
  type Log,
  lockWaits,
  readLogs,
  type Wait,
  type WaitState,
  type WrittenWaits,
  writeWaits,
} from "@parloir/store/waits.ts";
import { measure, type Progress } from "./measure.ts";

/** Of one transaction. A conversation's rest beyond a page is read by further pages. */
const conversationsAtOnce = 100;
const messagesAtOnce = 1_000;

export interface Written {
  /** Waits that were not there before, or not so. */
  changed: ChangedWait[];
  /** Waits that do not follow from the log any more. */
  removed: number;
}

/**
 * Brings the waits of these conversations up to their logs' present end. When is of no matter, nor how often, nor
 * whether another worker does the same: each conversation is held, read and written in one transaction.
 * @param afresh from the beginning of their logs, whatever is there
 */
export async function writeWaitsOf(
  database: Database,
  conversationIds: string[],
  afresh = false,
): Promise<Written> {
  const all: Written = { changed: [], removed: 0 };
  // In id order: see lockWaits.
  const ids = [...new Set(conversationIds)].sort();
  for (let from = 0; from < ids.length; from += conversationsAtOnce) {
    const some = ids.slice(from, from + conversationsAtOnce);
    const written = await database.transaction(async (query) => {
      const states = await lockWaits(query, some);
      return states.length === 0 ? [] : writeWaits(query, await readAll(query, states, afresh));
    });
    for (const row of written) {
      if (row.outcome === null) all.removed += 1;
      else all.changed.push(row);
    }
  }
  return all;
}

interface Reading extends WrittenWaits {
  progress: Progress;
  found: Map<string, Wait>;
}

async function readAll(
  query: Database["query"],
  states: WaitState[],
  afresh: boolean,
): Promise<WrittenWaits[]> {
  const readings = new Map(states.map((state) => [state.conversationId, startReading(state, afresh)]));
  for (let rest = [...readings.values()]; rest.length > 0; ) {
    const after = rest.map((each) => ({ conversationId: each.conversationId, seq: each.progress.seq }));
    const logs = await readLogs(query, after, messagesAtOnce);
    for (const log of logs) readOn(readings.get(log.conversationId)!, log);
    rest = logs.filter((log) => log.through < log.lastSeq).map((log) => readings.get(log.conversationId)!);
  }
  return [...readings.values()].map(({ progress, found, ...written }) => ({
    ...written,
    seq: progress.seq,
    waits: [...found.values()],
  }));
}

function startReading(state: WaitState, afresh: boolean): Reading {
  const restart = afresh ? { cycle: 0, seq: 0 } : state.stale;
  const progress = restart
    ? // No wait of the cycle that is read again counts as answered yet, and those before it do not matter to it.
      { seq: restart.seq, open: null, answeredCycle: 0 }
    : { seq: state.seq, open: state.open, answeredCycle: state.answeredCycle };
  const { conversationId } = state;
  const replaceFrom = restart?.cycle ?? null;
  return {
    conversationId,
    kind: "support",
    otherId: null,
    waits: [],
    seq: 0,
    replaceFrom,
    progress,
    found: new Map(),
  };
}

/** What a page says of a wait replaces what the page before said. */
function readOn(reading: Reading, log: Log): void {
  const { waits, progress } = measure(reading.progress, log);
  for (const wait of waits) reading.found.set(`${wait.cycle} ${wait.startSeq}`, wait);
  Object.assign(reading, { progress, kind: log.kind, otherId: log.otherId });
}
