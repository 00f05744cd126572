import type { Rule } from "./checker.ts";
import { groupBy } from "./evidence.ts";

/** What a conversation tells of those who come and go, in lines that nobody wrote. */

/**
 * One line for each coming and one for each going, in turn. A stay that ended for certain has both; of any other an
 * adding or a removal without an answer may have happened or not.
 */
const announced: Rule = ({ history, snapshot }, report) => {
  const stays = groupBy(history.stays, ({ conversationId, userId }) => `${conversationId} ${userId}`);
  for (const [conversationId, rows] of snapshot.messages) {
    const lines = rows.flatMap(({ seq, line }) => (line ? [{ seq, ...line }] : []));
    for (const [personId, own] of groupBy(lines, (line) => line.personId)) {
      const name = `${personId} in ${conversationId}`;
      own.forEach(({ seq, event }, index) => {
        const due = index % 2 === 0 ? "member_added" : "member_removed";
        if (event !== due) report(`${name}: seq ${seq} tells ${event} where ${due} is due`);
      });
      const possible = stays.get(`${conversationId} ${personId}`)?.length ?? 0;
      if (own.length > 2 * possible) report(`${name}: ${own.length} lines of ${possible} stays`);
    }
  }
  for (const [key, all] of stays) {
    const [conversationId = "", userId = ""] = key.split(" ");
    const certain = all.filter(({ to }) => Number.isFinite(to)).length;
    const lines = (snapshot.messages.get(conversationId) ?? []).filter(
      ({ line }) => line?.personId === userId,
    );
    if (lines.length < 2 * certain)
      report(`${userId} in ${conversationId}: ${lines.length} lines of ${certain} stays that ended`);
  }
};

export const lineRules = {
  announced: { promise: "Who comes and who goes is told once each.", check: announced },
};
