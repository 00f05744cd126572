import type { Measure } from "@parloir/contracts/stats.ts";
import type { Cycle, LogMessage, LogPage, Wait } from "@parloir/store/waits.ts";

/**
 * What follows from a conversation's log, and from nothing else: no clock, no order of jobs.
 *
 * - A wait opens at the first message of the customer while none is open, and does not move. It ends at a reply
 *   (`answered`) or at the closing of its cycle (`closed_unanswered`).
 * - `first_reply` is every wait of a cycle until one of them was answered, `next_reply` every later one.
 * - `resolution` runs from a cycle's opening to its closing.
 * - What is said while the conversation is closed belongs to no cycle.
 */
export type { Cycle, LogMessage, LogPage, Wait };

/** Where an earlier reading of the log ended. */
export interface Progress {
  /** Messages up to this seq are accounted for. */
  seq: number;
  open: Wait | null;
  /** The newest cycle in which a wait was answered; 0 for none. */
  answeredCycle: number;
}

/**
 * Reading a log in pieces gives what reading it at once gives. Reading a piece again gives the same rows again.
 * @returns the rows that are new or may have changed, and where the next piece begins
 */
export function measure(progress: Progress, page: LogPage): { waits: Wait[]; progress: Progress } {
  const waits: Wait[] = [];
  let { open, answeredCycle } = progress;

  /** Ends the open wait if its cycle was closed before `seq`. */
  function closeBefore(seq: number): void {
    const cycle = page.cycles.find((each) => each.cycle === open?.cycle);
    if (!open || !cycle || cycle.closedSeq === null || cycle.closedSeq >= seq) return;
    const { closedSeq: endSeq, closedAt: endedAt, assigneeId } = cycle;
    waits.push({ ...open, outcome: "closed_unanswered", endSeq, endedAt, assigneeId });
    open = null;
  }

  for (const message of page.messages) {
    closeBefore(message.seq);
    const cycle = cycleAt(page.cycles, message.seq);
    if (!cycle) continue;
    if (open && message.isReply) {
      const end = { endSeq: message.seq, endedAt: message.at, agentId: message.senderId };
      waits.push({ ...open, ...end, outcome: "answered" });
      answeredCycle = open.cycle;
      open = null;
    } else if (!open && !message.isReply) {
      open = beginWait(cycle.cycle, message, cycle.cycle === answeredCycle ? "next_reply" : "first_reply");
    }
  }
  closeBefore(page.through + 1);
  if (open && open !== progress.open) waits.push(open);
  for (const cycle of page.cycles) {
    if (cycle.closedSeq !== null && cycle.closedSeq >= progress.seq && cycle.closedSeq <= page.through)
      waits.push(resolutionOf(cycle));
  }
  return { waits, progress: { seq: page.through, open, answeredCycle } };
}

/** A cycle may be opened and closed without a message: the last one that was opened before it has it. */
function cycleAt(cycles: Cycle[], seq: number): Cycle | undefined {
  const cycle = cycles.findLast((each) => each.openedSeq < seq);
  return cycle && (cycle.closedSeq === null || seq <= cycle.closedSeq) ? cycle : undefined;
}

function beginWait(cycle: number, { seq, at }: LogMessage, kind: Measure): Wait {
  return {
    cycle,
    startSeq: seq,
    measure: kind,
    outcome: "open",
    startedAt: at,
    endSeq: null,
    endedAt: null,
    agentId: null,
    assigneeId: null,
  };
}

function resolutionOf(cycle: Cycle): Wait {
  return {
    cycle: cycle.cycle,
    startSeq: cycle.openedSeq,
    measure: "resolution",
    outcome: "resolved",
    startedAt: cycle.openedAt,
    endSeq: cycle.closedSeq,
    endedAt: cycle.closedAt,
    agentId: cycle.assigneeId ?? cycle.closedBy,
    assigneeId: cycle.assigneeId,
  };
}
