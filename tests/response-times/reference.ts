/**
 * The definitions of the response times as somebody would read them out, over the whole of a conversation's log, one
 * event after the other. Slow and obvious on purpose: the product is compared with it.
 */
export type LogEvent = { at: string } & (
  | { type: "message"; seq: number; by: string; side: "customer" | "team" | "neither" }
  | { type: "closed"; by: string }
  | { type: "opened" }
  | { type: "assigned"; to: string | null }
);

export interface ReferenceWait {
  cycle: number;
  startSeq: number;
  measure: string;
  outcome: string;
  startedAt: string;
  endSeq: number | null;
  endedAt: string | null;
  agentId: string | null;
  assigneeId: string | null;
}

export function waitsByTheBook(createdAt: string, log: LogEvent[]): ReferenceWait[] {
  const waits: ReferenceWait[] = [];
  let [cycle, isOpen, seq, assignee] = [1, true, 0, null as string | null];
  let opened = { seq: 0, at: createdAt };
  const unfinished = () => waits.find((wait) => wait.outcome === "open");
  const wasAnswered = () => waits.some((wait) => wait.cycle === cycle && wait.outcome === "answered");
  const begin = (startSeq: number, startedAt: string, measure: string): ReferenceWait => {
    const end = { endSeq: null, endedAt: null, agentId: null, assigneeId: null };
    const wait = { cycle, startSeq, measure, outcome: "open", startedAt, ...end };
    waits.push(wait);
    return wait;
  };

  for (const event of log) {
    if (event.type === "assigned") assignee = event.to;
    if (event.type === "opened") {
      [cycle, isOpen, opened] = [cycle + 1, true, { seq, at: event.at }];
    }
    if (event.type === "message") {
      seq = event.seq;
      const wait = unfinished();
      if (isOpen && event.side === "customer" && !wait)
        begin(seq, event.at, wasAnswered() ? "next_reply" : "first_reply");
      if (isOpen && event.side === "team" && wait) {
        const end = { endSeq: seq, endedAt: event.at, agentId: event.by, assigneeId: assignee };
        Object.assign(wait, end, { outcome: "answered" });
      }
    }
    if (event.type === "closed") {
      isOpen = false;
      const end = { endSeq: seq, endedAt: event.at, assigneeId: assignee };
      const wait = unfinished();
      if (wait) Object.assign(wait, end, { outcome: "closed_unanswered" });
      const resolution = begin(opened.seq, opened.at, "resolution");
      Object.assign(resolution, end, { outcome: "resolved", agentId: assignee ?? event.by });
    }
  }
  return waits.sort((a, b) => a.cycle - b.cycle || a.startSeq - b.startSeq);
}
