import type { Rule } from "./checker.ts";
import { groupBy, type Index, nameOf, storyOf } from "./evidence.ts";

/** What a sender may rely on. */

const answered: Rule = ({ history }, report) => {
  for (const send of history.sends) {
    if (send.isShown) continue;
    const isSettled = send.attempts.some(({ outcome }) => outcome === "ok" || outcome === "failed");
    const last = send.attempts.at(-1);
    if (!isSettled)
      report(
        `${nameOf(send)} has no answer after ${send.attempts.length} attempts (${last?.code ?? "open"})`,
      );
    else if (send.purpose === "message" && !send.attempts.some(({ outcome }) => outcome === "ok"))
      report(`${nameOf(send)} was refused with ${last?.code}`);
    else if (send.purpose === "message" && last?.outcome === "failed")
      report(`a repeat of ${nameOf(send)} was refused with ${last.code}`);
  }
};

/** An ack that came before another send began means a lower seq, whoever sent the two. */
const realTimeOrder: Rule = ({ acked }, report) => {
  for (const sends of groupBy(acked, ({ send }) => send.conversationId).values()) {
    const moments = sends.flatMap((each) => [
      { at: each.ackedAt, isAck: true, each },
      { at: each.invokedAt, isAck: false, each },
    ]);
    // At the same instant neither preceded the other: invocations first.
    moments.sort((a, b) => a.at - b.at || Number(a.isAck) - Number(b.isAck));
    let head: Index["acked"][number] | null = null;
    for (const { isAck, each } of moments) {
      if (isAck) {
        if (!head || each.seq > head.seq) head = each;
      } else if (head && each.seq < head.seq)
        report(
          `${nameOf(each.send)} began after the ack of seq ${head.seq} (${nameOf(head.send)}) and got ${each.seq}`,
        );
    }
  }
};

/**
 * Of one socket and conversation: who was emitted, and acked for that emission, before another was emitted for the
 * first time has the lower seq. An emission without an answer promises nothing.
 */
const emissionOrder: Rule = ({ acked }, report) => {
  const all = acked.flatMap(({ send, seq, ackedAt }) => {
    // Emitted on another socket too before it was acked, it may have been stored by way of that one.
    const isAlone = send.attempts.every(
      ({ socket, at }) => socket === send.attempts[0]!.socket || at > ackedAt,
    );
    return send.attempts.map(({ socket, at, outcome }, index) => {
      const key = `${socket} ${send.conversationId}`;
      return { key, at, seq, send, isFirst: index === 0 && isAlone, isAcked: outcome === "ok" };
    });
  });
  for (const emissions of groupBy(all, ({ key }) => key).values()) {
    // Stable: within one turn of the event loop the clock may stand still, and the log's own order decides.
    emissions.sort((a, b) => a.at - b.at);
    let highest: (typeof emissions)[number] | null = null;
    for (const emission of emissions) {
      const { seq, send, isFirst, isAcked } = emission;
      if (isFirst && highest && seq < highest.seq)
        report(
          `${nameOf(send)} got seq ${seq} (${storyOf(send)}), after ${highest.seq} was emitted on the same socket (${storyOf(highest.send)})`,
        );
      if (isAcked && (!highest || seq > highest.seq)) highest = emission;
    }
  }
};

const refusedWith = { conflict: "CONFLICT", blank: "INVALID" } as const;

const refused: Rule = ({ history }, report) => {
  for (const send of history.sends) {
    if (send.purpose !== "conflict" && send.purpose !== "blank") continue;
    for (const { outcome, code } of send.attempts) {
      if (outcome === "ok" || (outcome === "failed" && code !== refusedWith[send.purpose]))
        report(`${nameOf(send)} (${send.purpose}) was answered ${code ?? "ok"}`);
    }
  }
};

export const sendingRules = {
  answered: {
    promise: "Every send is answered at last, and a right one is not refused.",
    check: answered,
  },
  "real-time order": { promise: "What was acked earlier stands earlier.", check: realTimeOrder },
  "emission order": {
    promise: "One socket's sends stand in the order of their emission.",
    check: emissionOrder,
  },
  refused: { promise: "An empty text or another text under a used id is refused.", check: refused },
};
