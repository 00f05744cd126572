import type { Mark } from "../history.ts";
import type { Rule } from "./checker.ts";
import { groupBy, type Index } from "./evidence.ts";

/** Read marks, unread counts and notifications. */

const keyOf = (each: { conversationId: string; userId: string }) => `${each.conversationId} ${each.userId}`;

function ownSends({ acked }: Index) {
  return groupBy(acked, ({ send }) => keyOf(send));
}

/** An acked mark never falls, is stored, and is nobody's invention. */
const readMarks: Rule = (index, report) => {
  const { history, snapshot, rows } = index;
  const marks = groupBy(history.marks, keyOf);
  const own = ownSends(index);
  for (const [key, stored] of snapshot.marks) {
    const [conversationId = "", userId = ""] = key.split(" ");
    // Theirs begins where they were added.
    if (index.isComer(userId)) continue;
    const asked = marks.get(key) ?? [];
    const mine = (own.get(key) ?? []).map(({ seq }) => seq);
    const least = Math.max(0, ...mine, ...asked.map((mark) => mark.lastReadSeq ?? 0));
    const sent = rows(conversationId).filter((row) => row.senderId === userId);
    const most = Math.max(least, ...asked.map(({ seq }) => seq), ...sent.map(({ seq }) => seq));
    if (stored < least)
      report(`${userId} in ${conversationId}: mark ${least} was acked, ${stored} is stored`);
    if (stored > most)
      report(`${userId} in ${conversationId}: mark ${stored} is stored, at most ${most} was asked`);
    neverFalls(asked, (example) => report(`${userId} in ${conversationId}: ${example}`));
  }
};

function neverFalls(marks: Mark[], report: (example: string) => void): void {
  const acks = marks.filter((mark) => mark.lastReadSeq !== null).sort((a, b) => a.end - b.end);
  for (const mark of acks) {
    if (mark.lastReadSeq! < mark.seq) report(`mark ${mark.seq} was acked as ${mark.lastReadSeq}`);
    const before = acks.findLast((each) => each.end < mark.at);
    if (before && mark.lastReadSeq! < before.lastReadSeq!)
      report(`acked as ${before.lastReadSeq} and then as ${mark.lastReadSeq}`);
  }
}

/** The answered count is what the table and the mark give, for every conversation. Lines are nobody's. */
const unread: Rule = ({ history, snapshot, rows }, report) => {
  for (const [userId, counts] of history.unread) {
    for (const [conversationId, members] of history.members) {
      if (!members.includes(userId)) continue;
      const mark = snapshot.marks.get(`${conversationId} ${userId}`) ?? 0;
      const due = rows(conversationId).filter((row) => row.seq > mark && row.line === null).length;
      const given = counts[conversationId] ?? 0;
      if (given !== due) report(`${userId} has ${due} unread in ${conversationId} and is told ${given}`);
    }
  }
};

/** Whoever has unread messages of others has one unread line, and it names the newest. */
const notified: Rule = ({ history, snapshot, rows }, report) => {
  const [row] = snapshot.outbox;
  if (row) report(`${snapshot.outbox.length} rows still wait in the outbox: ${row}`);
  const lines = groupBy(
    snapshot.notifications.filter((each) => !each.isRead),
    keyOf,
  );
  for (const [conversationId, members] of history.members) {
    for (const userId of members) {
      const key = keyOf({ conversationId, userId });
      const mark = snapshot.marks.get(key) ?? 0;
      const newest = rows(conversationId).findLast(
        (row) => row.senderId !== userId && row.line === null && row.seq > mark,
      );
      const line = lines.get(key) ?? [];
      if (line.length > 1) report(`${userId} has ${line.length} unread lines of ${conversationId}`);
      if (newest && line[0]?.seq !== newest.seq)
        report(
          `${userId} has not read seq ${newest.seq} of ${conversationId}, the line says ${line[0]?.seq ?? "nothing"}`,
        );
    }
  }
};

/** Each effect once: one row per person, conversation and seq, and no line pushed twice with the same seq. */
const notifiedOnce: Rule = ({ history, snapshot }, report) => {
  for (const [key, lines] of groupBy(snapshot.notifications, (each) => `${keyOf(each)} ${each.seq}`))
    if (lines.length > 1) report(`${lines.length} lines of ${key}`);
  for (const { id: socket, userId, heard } of history.sockets) {
    const pushed = heard.filter(({ event }) => event === "notification");
    for (const [key, same] of groupBy(pushed, ({ id, seq }) => `${id} with seq ${seq}`))
      if (same.length > 1)
        report(`${userId} heard notification ${key} ${same.length} times on socket ${socket}`);
  }
};

export const readingRules = {
  "read marks": { promise: "A read mark that was acked is stored and never falls.", check: readMarks },
  unread: { promise: "Unread counts equal their recomputation.", check: unread },
  notified: { promise: "Nobody with unread messages lacks the notification.", check: notified },
  "notified once": { promise: "Each notification takes effect once.", check: notifiedOnce },
};
