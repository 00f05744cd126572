import type { Shown, SocketLog } from "../history.ts";
import type { Rule } from "./checker.ts";
import { groupBy } from "./evidence.ts";
import type { Row } from "./snapshot.ts";

/** What a receiver may rely on. */

/** After a quiet time every device shows exactly the table, without having reloaded. */
const agreement: Rule = ({ history, rows }, report) => {
  for (const { device, conversationId, messages } of history.shown) {
    const stored = rows(conversationId);
    const where = `device ${device}, ${conversationId}`;
    if (messages.length !== stored.length)
      report(`${where}: shows ${messages.length} of ${stored.length} messages`);
    const other = messages.findIndex((shown, index) => !sameMessage(shown, stored[index]));
    if (other !== -1)
      report(
        `${where}: seq ${other + 1} reads "${messages[other]!.content}" from ${messages[other]!.senderId}`,
      );
    const old = messages.findIndex((shown, index) => !sameVersion(shown, stored[index]));
    if (old !== -1)
      report(
        `${where}: seq ${old + 1} is not as it stands: ${versionOf(messages[old]!)}, not ${versionOf(stored[old]!)}`,
      );
  }
};

function sameMessage(shown: Shown, row: Row | undefined): boolean {
  return (
    row !== undefined &&
    shown.seq === row.seq &&
    shown.id === row.id &&
    shown.senderId === row.senderId &&
    shown.clientMessageId === row.clientMessageId &&
    shown.createdAt === row.createdAt
  );
}

function sameVersion(shown: Shown, row: Row | undefined): boolean {
  return row === undefined || versionOf(shown) === versionOf(row);
}

function versionOf({ content, editedAt, deletedAt, reactions }: Shown): string {
  return `"${content}" edited ${editedAt} deleted ${deletedAt} [${reactions}]`;
}

/**
 * new_message comes as n, n+1, n+2 … on one socket, and message_updated with rising changes, unless it was told to
 * resync in between.
 */
const deviceOrder: Rule = ({ history, rows, isComer }, report) => {
  for (const socket of history.sockets) {
    // What was said while they were away is no hole.
    if (isComer(socket.userId)) continue;
    let last = new Map<string, number>();
    let lastChanges = new Map<string, number>();
    for (const { event, conversationId, seq, change, id } of socket.heard) {
      if (event === "resync") {
        last = new Map();
        lastChanges = new Map();
      }
      if (event === "message_updated") {
        const before = lastChanges.get(conversationId) ?? 0;
        if (change <= before)
          report(`${nameOf(socket)}: change ${change} of ${conversationId} came after change ${before}`);
        lastChanges.set(conversationId, change);
        if (seq > (last.get(conversationId) ?? seq))
          report(`${nameOf(socket)}: seq ${seq} of ${conversationId} was changed before it came`);
      }
      if (event !== "new_message") continue;
      const before = last.get(conversationId);
      if (before !== undefined && seq !== before + 1)
        report(`${nameOf(socket)}: seq ${seq} of ${conversationId} came after ${before}`);
      last.set(conversationId, Math.max(seq, before ?? 0));
      const row = rows(conversationId)[seq - 1];
      if (row?.id !== id)
        report(`${nameOf(socket)}: seq ${seq} of ${conversationId} came as ${id}, stored is ${row?.id}`);
    }
  }
};

/** An answer of sync follows its cursor without a hole, and «complete» means up to its head. */
const complete: Rule = ({ history }, report) => {
  for (const { socket, conversationId, after, seqs, lastSeq, complete, reset, ...sync } of history.syncs) {
    if (reset) continue;
    const { change, changes, lastChange } = sync;
    const where = `sync of ${conversationId} after ${after} on socket ${socket}`;
    const hole = seqs.findIndex((seq, index) => seq !== after + index + 1);
    if (hole !== -1) report(`${where}: seq ${seqs[hole]} stands where ${after + hole + 1} belongs`);
    else if (complete && after + seqs.length !== lastSeq)
      report(`${where}: «complete» ends at ${after + seqs.length}, the head is ${lastSeq}`);
    else if (changes.some((each, index) => each <= (changes[index - 1] ?? change) || each > lastChange))
      report(`${where} and change ${change}: changes ${changes.join(", ")} up to ${lastChange}`);
    else if (!complete && seqs.length === 0 && changes.length === 0)
      report(`${where}: neither complete nor any message`);
  }
};

/** What was acked before a connection was asked for is in its `ready`. */
const fresh: Rule = ({ history, acked }, report) => {
  const heads = groupBy(acked, ({ send }) => send.conversationId);
  const headAt = new Map([...heads].map(([id, sends]) => [id, risingHeads(sends)]));
  for (const socket of history.sockets) {
    for (const { conversationId, lastSeq } of Number.isNaN(socket.readyAt) ? [] : socket.heads) {
      const due = headBefore(headAt.get(conversationId) ?? [], socket.startedAt);
      if (lastSeq < due)
        report(`${nameOf(socket)}: ready says head ${lastSeq} of ${conversationId}, ${due} was acked before`);
    }
  }
};

interface Rise {
  at: number;
  seq: number;
}

function risingHeads(sends: { seq: number; ackedAt: number }[]): Rise[] {
  const rises: Rise[] = [];
  for (const { seq, ackedAt } of sends.toSorted((a, b) => a.ackedAt - b.ackedAt))
    if (seq > (rises.at(-1)?.seq ?? 0)) rises.push({ at: ackedAt, seq });
  return rises;
}

function headBefore(rises: Rise[], at: number): number {
  return rises.findLast((rise) => rise.at < at)?.seq ?? 0;
}

function nameOf(socket: SocketLog): string {
  return `socket ${socket.id} (device ${socket.device}, ${socket.node || "no gateway"})`;
}

export const deliveryRules = {
  agreement: { promise: "Every device ends with the same list: the table's.", check: agreement },
  "device order": {
    promise: "A socket sees each message once, in order, without a hole.",
    check: deviceOrder,
  },
  complete: { promise: "A sync that says complete is complete.", check: complete },
  fresh: { promise: "A new connection knows everything that was acked before it.", check: fresh },
};
