import type { ChangeLog } from "../history.ts";
import type { Rule } from "./checker.ts";
import { groupBy } from "./evidence.ts";
import type { Row } from "./snapshot.ts";

/** What whoever changes a message may rely on, and everybody else. */

/** What was acked last is what is there, unless a change whose outcome is unknown says otherwise. */
const kept: Rule = ({ history, rows }, report) => {
  const own = history.changes.filter(({ isForeign }) => !isForeign);
  for (const changes of groupBy(own, keyOf).values()) {
    const { conversationId, seq } = changes[0]!;
    const row = rows(conversationId)[seq - 1];
    for (const problem of row ? problemsOf(row, changes) : ["is not there"])
      report(`seq ${seq} of ${conversationId} ${problem}`);
  }
};

function problemsOf(row: Row, changes: ChangeLog[]): string[] {
  const problems: string[] = [];
  const newest = Math.max(0, ...changes.map(({ change }) => change));
  if (row.change < newest) problems.push(`stands at change ${row.change}, ${newest} was acked`);
  const deletions = changes.filter(({ kind }) => kind === "delete_message");
  if (deletions.some(({ outcome }) => outcome === "ok") && row.deletedAt === null)
    problems.push("is there, its deletion was acked");
  if (deletions.length === 0 && row.deletedAt !== null)
    problems.push("is deleted, and nobody asked for that");
  if (row.deletedAt !== null) {
    if (row.content !== "" || row.reactions !== "") problems.push(`is deleted and says "${row.content}"`);
    return problems;
  }
  const edits = changes.filter(({ kind }) => kind === "edit_message");
  const due = standing(edits).map(({ content }) => content);
  if (edits.some(({ outcome }) => outcome === "ok") && !due.includes(row.content))
    problems.push(`says "${row.content}", "${due.at(-1)}" was acked`);
  const reactions = changes.filter(({ kind }) => kind === "react");
  for (const same of groupBy(reactions, ({ userId, emoji }) => `${userId} ${emoji}`).values()) {
    const { userId, emoji } = same[0]!;
    const isThere = row.reactions
      .split(", ")
      .some((text) => text.startsWith(emoji) && text.split(" ").includes(userId));
    if (!standing(same).some(({ on }) => on === isThere) && same.some(({ outcome }) => outcome === "ok"))
      problems.push(`${isThere ? "has" : "lacks"} the ${emoji} of ${userId}`);
  }
  return problems;
}

/** Which of these may have the last word: the last acked one, and those that were never answered. */
function standing(changes: ChangeLog[]): ChangeLog[] {
  const last = changes.findLast(({ outcome }) => outcome === "ok");
  return [
    ...changes.filter(({ outcome }) => outcome !== "ok" && outcome !== "failed"),
    ...(last ? [last] : []),
  ];
}

/** Whatever changes takes one number, no number is taken for nothing, and none is another's. */
const numbered: Rule = ({ history, snapshot }, report) => {
  const heard = new Map<string, string>();
  for (const { id: socket, heard: events } of history.sockets) {
    for (const { conversationId, seq, change } of events) {
      if (change === 0) continue;
      const key = `${conversationId} at change ${change}`;
      const known = heard.get(key) ?? String(seq);
      heard.set(key, known);
      if (known !== String(seq))
        report(`${key} is seq ${seq} on socket ${socket} and seq ${known} elsewhere`);
    }
  }
  const changes = groupBy(history.changes, ({ conversationId }) => conversationId);
  for (const [id, { lastChange }] of snapshot.conversations) {
    const messages = snapshot.messages.get(id) ?? [];
    const tried = changes.get(id) ?? [];
    const acked = new Set(tried.filter(({ outcome }) => outcome === "ok").map(({ change }) => change)).size;
    const possible = tried.filter(({ outcome }) => outcome !== "failed").length;
    const least = messages.length + acked;
    const most = messages.length + possible;
    if (lastChange < least || lastChange > most)
      report(
        `${id}: ${messages.length} messages and ${acked} to ${possible} changes, the head is ${lastChange}`,
      );
  }
};

/** A member who did not write a message can neither rewrite nor delete it. */
const ownWords: Rule = ({ history }, report) => {
  for (const { isForeign, kind, userId, conversationId, seq, outcome, code } of history.changes) {
    if (isForeign && (outcome === "ok" || (outcome === "failed" && code !== "NOT_FOUND")))
      report(
        `${kind} of seq ${seq} in ${conversationId} by ${userId}, who did not write it: ${code ?? "ok"}`,
      );
  }
};

const keyOf = ({ conversationId, seq }: ChangeLog) => `${conversationId} ${seq}`;

export const changingRules = {
  kept: { promise: "An acked change of a message is never lost.", check: kept },
  numbered: { promise: "Every change has one number, and every number one change.", check: numbered },
  "own words": { promise: "Nobody changes what another wrote.", check: ownWords },
};
