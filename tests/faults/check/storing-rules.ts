import type { Rule } from "./checker.ts";
import { nameOf } from "./evidence.ts";

/** What the table must hold. */

/** Every receipt that was ever given names a row with that id, seq and time. */
const durable: Rule = ({ history, rowsOf }, report) => {
  for (const send of history.sends) {
    for (const { receipt } of send.attempts) {
      if (!receipt) continue;
      const row = rowsOf(send).find((each) => each.id === receipt.id);
      if (!row) report(`${nameOf(send)} was acked with seq ${receipt.seq} and has no row ${receipt.id}`);
      else if (row.seq !== receipt.seq || row.createdAt !== receipt.createdAt)
        report(
          `${nameOf(send)} was acked as ${receipt.seq} at ${receipt.createdAt}, stored as ${row.seq} at ${row.createdAt}`,
        );
    }
  }
};

/** What was refused for good is not there, and nothing is there that nobody sent. */
const noPhantom: Rule = ({ history, snapshot, rowsOf }, report) => {
  const sent = new Set<string>();
  const edited = new Set<string>();
  for (const { kind, conversationId, seq, content, isForeign } of history.changes)
    if (kind === "edit_message" && !isForeign) edited.add(`${conversationId} ${seq} ${content}`);
  for (const send of history.sends) {
    if (send.purpose === "message")
      sent.add(`${send.conversationId} ${send.userId} ${send.clientMessageId} ${send.content}`);
    if (!send.attempts.some((attempt) => attempt.outcome === "failed")) continue;
    if (rowsOf(send).some((row) => row.content === send.content))
      report(`${nameOf(send)} was refused with ${send.attempts[0]?.code} and is stored all the same`);
  }
  for (const [conversationId, rows] of snapshot.messages) {
    for (const row of rows) {
      const key = `${conversationId} ${row.senderId} ${row.clientMessageId} ${row.content}`;
      const isSaid = edited.has(`${conversationId} ${row.seq} ${row.content}`) || row.deletedAt !== null;
      // What lines may be there says the rule of lines.
      if (!isSaid && row.line === null && !sent.has(key))
        report(
          `seq ${row.seq} of ${conversationId} (${row.clientMessageId} of ${row.senderId}) was never sent`,
        );
    }
  }
};

/** One send is one row, and every repeat gets the receipt of the first. */
const idempotent: Rule = ({ history, rowsOf }, report) => {
  for (const send of history.sends) {
    if (send.purpose !== "message") continue;
    const rows = rowsOf(send);
    if (rows.length > 1)
      report(`${nameOf(send)} is stored ${rows.length} times: seq ${rows.map((row) => row.seq).join(", ")}`);
    const receipts = send.attempts.flatMap(({ receipt }) => receipt ?? []);
    const answers = new Set(receipts.map(({ id, seq, createdAt }) => `${id} ${seq} ${createdAt}`));
    if (answers.size > 1) report(`${nameOf(send)} got different receipts: ${[...answers].join(" | ")}`);
    if (receipts.filter((receipt) => !receipt.duplicate).length > 1)
      report(`${nameOf(send)} was called new more than once`);
  }
};

/** seq counts 1, 2, 3 … to the head, each message stands at a change of its own up to the head, and time does not run backwards along them. */
const dense: Rule = ({ snapshot }, report) => {
  for (const [id, { lastSeq, lastChange }] of snapshot.conversations) {
    const rows = snapshot.messages.get(id) ?? [];
    const hole = rows.findIndex((row, index) => row.seq !== index + 1);
    if (hole !== -1) report(`${id}: seq ${rows[hole]!.seq} stands where ${hole + 1} belongs`);
    if (rows.length !== lastSeq) report(`${id}: head ${lastSeq}, but ${rows.length} messages`);
    const changes = new Set(rows.map((row) => row.change));
    if (changes.size < rows.length || [...changes].some((change) => change < 1 || change > lastChange))
      report(`${id}: ${rows.length} messages do not stand at as many changes from 1 to ${lastChange}`);
    const back = rows.findIndex((row, index) => index > 0 && row.createdAt < rows[index - 1]!.createdAt);
    if (back !== -1) report(`${id}: seq ${rows[back]!.seq} is older than the one before it`);
  }
};

export const storingRules = {
  durable: { promise: "An acked message is in the table as it was acked.", check: durable },
  "no phantom": { promise: "A refused message never appears, nor one that nobody sent.", check: noPhantom },
  idempotent: { promise: "A repeated send is one row with one receipt.", check: idempotent },
  dense: { promise: "seq has no gaps, and no change is used twice.", check: dense },
};
