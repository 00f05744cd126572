import type { Rule } from "./checker.ts";
import { groupBy } from "./evidence.ts";

/** What reaches people beyond their pages. */

/** With these the line was needless at the moment of sending, although nobody has read it. */
const needless = ["deleted", "left"];

/** Whoever can be told was told of each line that they have not read, and nothing is left waiting. */
const told: Rule = ({ history, snapshot }, report) => {
  const reachable = new Set(history.reachable);
  const heard = new Set(history.told.map(({ id }) => id));
  const ledger = new Map(snapshot.deliveries.map((row) => [keyOf(row), row]));
  for (const row of snapshot.deliveries) {
    if (row.state === "waiting") report(`${keyOf(row)} still waits`);
    if (row.state === "dead") report(`${keyOf(row)} was given up: ${row.reason}`);
    if (row.state === "sent" && !heard.has(row.id)) report(`${keyOf(row)} is called sent, and did not come`);
  }
  for (const line of snapshot.notifications) {
    // One's own send reads what came before it, and leaves the line.
    const mark = snapshot.marks.get(`${line.conversationId} ${line.userId}`) ?? 0;
    if (line.isRead || mark >= line.seq || !reachable.has(line.userId)) continue;
    const row = ledger.get(keyOf(line));
    if (!row) report(`${keyOf(line)} is not in the ledger`);
    else if (row.state === "dropped" && !needless.includes(row.reason ?? ""))
      report(`${keyOf(line)} was not sent: ${row.reason}`);
  }
};

/** Each effect once: a line has one id, however often it is sent, and nothing comes that the ledger does not know. */
const toldOnce: Rule = ({ history, snapshot }, report) => {
  const ledger = new Set(snapshot.deliveries.map(({ id }) => id));
  for (const [key, same] of groupBy(history.told, keyOf)) {
    const ids = new Set(same.map(({ id }) => id));
    if (ids.size > 1) report(`${key} came as ${ids.size} different ones`);
    for (const id of ids) if (!ledger.has(id)) report(`${key} came as ${id}, which is not in the ledger`);
  }
};

function keyOf({ userId, conversationId, seq }: { userId: string; conversationId: string; seq: number }) {
  return `seq ${seq} of ${conversationId} for ${userId}`;
}

export const tellingRules = {
  told: {
    promise: "Whoever can be told beyond their pages is told of what they have not read.",
    check: told,
  },
  "told once": { promise: "What is told beyond the page takes effect once.", check: toldOnce },
};
