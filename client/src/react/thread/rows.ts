import type { Attachment, Message, Reaction, SystemLine } from "@parloir/contracts/shapes.ts";
import type { Pending } from "../../core/outbox.ts";
import { daysBetween } from "../texts/formats.ts";

export type Delivery = "sending" | "sent" | "read" | "failed";

/** One message as the thread shows it; day and unread lines belong to the message they precede. */
export interface Row {
  /** The same while it is pending and after, so that the bubble stays in place. */
  key: string;
  seq: number | null;
  clientMessageId: string;
  senderId: string;
  kind: Message["kind"];
  /** Of a line that nobody wrote. */
  system: SystemLine | null;
  own: boolean;
  content: string;
  attachments: readonly Attachment[];
  replyToSeq: number | null;
  reactions: readonly Reaction[];
  createdAt: Date;
  edited: boolean;
  deleted: boolean;
  delivery: Delivery | null;
  /** The code of a refusal. */
  failure: string | null;
  startsDay: boolean;
  startsUnread: boolean;
  startsGroup: boolean;
  endsGroup: boolean;
}

interface RowsInput {
  messages: readonly Message[];
  stored: readonly Message[];
  pending: readonly Pending[];
  me: string | null;
  /** How far the others have read. */
  readUpTo: number;
  unreadAfter: number | null;
}

/** A pause that begins a new group of one author's messages. */
const groupPauseMs = 5 * 60_000;

export function rowsOf({ messages, stored, pending, me, readUpTo, unreadAfter }: RowsInput): Row[] {
  const rows: Row[] = [];
  for (const message of messages) rows.push(confirmed(message, me, readUpTo));
  for (const message of stored) rows.push(confirmed(message, me, readUpTo));
  for (const item of pending) rows.push(unconfirmed(item, me));

  let divided = false;
  rows.forEach((row, index) => {
    const before = rows[index - 1];
    row.startsDay = !before || daysBetween(before.createdAt, row.createdAt) !== 0;
    row.startsUnread = !divided && unreadAfter !== null && counts(row) && (row.seq ?? 0) > unreadAfter;
    divided ||= row.startsUnread;
    row.startsGroup = !before || row.startsDay || row.startsUnread || !together(before, row);
    if (before) before.endsGroup = row.startsGroup;
  });
  return rows;
}

/** Whether it can be unread, or new to somebody. */
export function counts(row: Row): boolean {
  return !row.own && row.system === null;
}

function together(one: Row, next: Row): boolean {
  return one.senderId === next.senderId && next.createdAt.getTime() - one.createdAt.getTime() < groupPauseMs;
}

/**
 * Two people may have used one id. Of one's own the author is left out: a message that was written before the first
 * token is one's own already, and who that is comes later.
 */
const keyOf = (author: string, clientMessageId: string) => `${author} ${clientMessageId}`;

const undecided = { startsDay: false, startsUnread: false, startsGroup: true, endsGroup: true };

function confirmed(message: Message, me: string | null, readUpTo: number): Row {
  const own = message.senderId === me;
  return {
    ...undecided,
    key: keyOf(own ? "" : message.senderId, message.clientMessageId),
    seq: message.seq,
    clientMessageId: message.clientMessageId,
    senderId: message.senderId,
    kind: message.kind,
    system: message.system ?? null,
    own,
    content: message.content,
    attachments: message.attachments,
    replyToSeq: message.replyToSeq,
    reactions: message.reactions,
    createdAt: new Date(message.createdAt),
    edited: message.editedAt !== null,
    deleted: message.deletedAt !== null,
    delivery: !own ? null : message.seq <= readUpTo ? "read" : "sent",
    failure: null,
  };
}

function unconfirmed(item: Pending, me: string | null): Row {
  return {
    ...undecided,
    key: keyOf("", item.clientMessageId),
    seq: null,
    clientMessageId: item.clientMessageId,
    senderId: me ?? "",
    kind: "text",
    system: null,
    own: true,
    content: item.content,
    attachments: item.attachments ?? [],
    replyToSeq: item.replyToSeq ?? null,
    reactions: [],
    createdAt: new Date(item.createdAt),
    edited: false,
    deleted: false,
    delivery: item.state,
    failure: item.failure?.code ?? null,
  };
}

/** Whether the line with hour and delivery stands below this row. */
export function showsMeta(row: Row, next: Row | undefined): boolean {
  // Under a group's last message, and where what became of a message differs from the one after it.
  return row.endsGroup || row.delivery === "failed" || (next !== undefined && row.delivery !== next.delivery);
}
