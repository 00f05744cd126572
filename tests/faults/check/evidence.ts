import type { History, Send } from "../history.ts";
import type { Row, Snapshot } from "./snapshot.ts";

/** History and database with the look-ups that several rules share. */
export interface Index {
  history: History;
  snapshot: Snapshot;
  rows: (conversationId: string) => Row[];
  /** The rows of one clientMessageId; more than one breaks a promise. */
  rowsOf: (send: Send) => Row[];
  isMember: (conversationId: string, userId: string) => boolean;
  isComer: (userId: string) => boolean;
  /** Whether what happened within this time may have been meant for somebody who came and went. */
  wasThere: (conversationId: string, userId: string, begun: number, ended: number) => boolean;
  /** Sends that ask for a new message, with their receipts' seq; unacked ones are absent. */
  acked: { send: Send; seq: number; invokedAt: number; ackedAt: number }[];
}

/**
 * After a removal was answered. Promised are 2 s while an api answers (docs/decisions/0009): the faults stop apis too, and
 * the rest is for a busy machine.
 */
const removalMs = 12_000;

export function indexOf(history: History, snapshot: Snapshot): Index {
  const bySend = new Map<string, Row[]>();
  for (const [conversationId, rows] of snapshot.messages) {
    for (const row of rows) {
      const key = `${conversationId} ${row.senderId} ${row.clientMessageId}`;
      const same = bySend.get(key);
      if (same) same.push(row);
      else bySend.set(key, [row]);
    }
  }
  const staysOf = groupBy(history.stays, ({ userId }) => userId);
  const members = new Map([...history.members].map(([id, userIds]) => [id, new Set(userIds)]));
  return {
    history,
    snapshot,
    rows: (conversationId) => snapshot.messages.get(conversationId) ?? [],
    rowsOf: (send) => bySend.get(`${send.conversationId} ${send.userId} ${send.clientMessageId}`) ?? [],
    isMember: (conversationId, userId) => members.get(conversationId)?.has(userId) ?? false,
    isComer: (userId) => staysOf.has(userId),
    wasThere: (conversationId, userId, begun, ended) =>
      (staysOf.get(userId) ?? []).some(
        (stay) =>
          stay.conversationId === conversationId && begun <= stay.to + removalMs && ended >= stay.from,
      ),
    acked: history.sends.filter((send) => send.purpose === "message").flatMap(ackOf),
  };
}

function ackOf(send: Send): Index["acked"] {
  let first: Index["acked"][number] | null = null;
  for (const { receipt, end } of send.attempts) {
    if (!receipt || (first && first.ackedAt <= end)) continue;
    first = { send, seq: receipt.seq, invokedAt: send.attempts[0]!.at, ackedAt: end };
  }
  return first ? [first] : [];
}

export function nameOf(send: Send): string {
  return `${send.clientMessageId} of ${send.userId} in ${send.conversationId}`;
}

/** Every emission with its socket, its times in seconds and its outcome: what a violation of order is explained by. */
export function storyOf(send: Send): string {
  const seconds = (ms: number) => (ms / 1_000).toFixed(3);
  return send.attempts
    .map(({ socket, at, end, outcome, receipt, code }) => {
      const result = receipt ? `${receipt.duplicate ? "repeat of" : "seq"} ${receipt.seq}` : (code ?? "open");
      return `${seconds(at)}-${seconds(end)} on ${socket}: ${outcome} ${result}`;
    })
    .join("; ");
}

export function groupBy<Item>(items: Iterable<Item>, keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
