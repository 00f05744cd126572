import type { SendReceipt } from "@parloir/contracts/events.ts";
import type { Attachment, Message } from "@parloir/contracts/shapes.ts";

/**
 * What one device knows of a conversation's messages. Pure functions; `merge` commutes and repeats harmlessly, since
 * ack and push of a message race, and pages overlap with pushes.
 */
export interface Timeline {
  /** Everything known, ascending by seq, each seq once. There may be holes. */
  readonly messages: readonly Message[];
  /**
   * A seq that the first page reached: the visible run is the gapless one around it. It need not exist as a
   * message (0 in an empty conversation).
   */
  readonly anchor: number;
  /** The highest seq that is known to exist, seen or not. */
  readonly head: number;
  /** Every change up to this one is in `messages`, as far as they reach. */
  readonly change: number;
  /** Changes beyond that came already, ascending; normally none. Something between them has not come. */
  readonly ahead: readonly number[];
}

export interface Visible {
  /** Gapless. Messages beyond a hole are not in it: a list with a hole must not look complete. */
  readonly messages: readonly Message[];
  /** The seq to ask after: the last of `messages`, or the anchor. */
  readonly cursor: number;
  /** True when something after `cursor` exists that is not shown yet. */
  readonly behind: boolean;
}

/** The newest page of a conversation, `lastSeq` and `lastChange` being its heads when the page was read. */
export function timelineOf(page: readonly Message[], lastSeq: number, lastChange: number): Timeline {
  const anchor = page.at(-1)?.seq ?? lastSeq;
  return merge({ messages: [], anchor, head: lastSeq, change: lastChange, ahead: [] }, page);
}

/** Adds messages from wherever they came. Of two versions of one seq the later change stands. */
export function merge(timeline: Timeline, incoming: readonly Message[]): Timeline {
  if (incoming.length === 0) return timeline;
  const last = timeline.messages.at(-1);
  const [only] = incoming;
  // Nearly every call is one push that follows the last message.
  if (only && incoming.length === 1 && last && only.seq > last.seq) {
    const head = Math.max(timeline.head, only.seq);
    return noteChanges({ ...timeline, messages: [...timeline.messages, only], head }, incoming);
  }
  const bySeq = new Map(timeline.messages.map((message) => [message.seq, message]));
  let head = timeline.head;
  let changed = false;
  for (const message of incoming) {
    const known = bySeq.get(message.seq);
    if (known && known.change >= message.change) continue;
    bySeq.set(message.seq, message);
    head = Math.max(head, message.seq);
    changed = true;
  }
  if (!changed) return noteChanges(timeline, incoming);
  const messages = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  return noteChanges({ ...timeline, messages, head }, incoming);
}

/** A message that stands at change n is how change n comes. */
function noteChanges(timeline: Timeline, messages: readonly Message[]): Timeline {
  const fresh = messages.map(({ change }) => change).filter((change) => change > timeline.change);
  return fresh.length === 0 ? timeline : advance(timeline, timeline.change, fresh);
}

/** An answer that says everything up to this change was merged. */
export function coverChanges(timeline: Timeline, change: number): Timeline {
  return change > timeline.change ? advance(timeline, change, []) : timeline;
}

function advance(timeline: Timeline, from: number, fresh: readonly number[]): Timeline {
  let change = from;
  const beyond = new Set([...timeline.ahead, ...fresh].filter((each) => each > from));
  while (beyond.delete(change + 1)) change++;
  return { ...timeline, change, ahead: [...beyond].sort((a, b) => a - b) };
}

/** Notes that a message with this seq exists, though it is not here (a tip, a notification, an answer's lastSeq). */
export function noteHead(timeline: Timeline, seq: number): Timeline {
  return seq > timeline.head ? { ...timeline, head: seq } : timeline;
}

export function visible(timeline: Timeline): Visible {
  const { messages, anchor, head } = timeline;
  let from = messages.findIndex((message) => message.seq >= anchor);
  if (from === -1) from = messages.length;
  let to = from;
  // The run either starts with the anchor itself, or right behind it when the anchor is no message.
  let expected = messages[from]?.seq === anchor ? anchor : anchor + 1;
  while (messages[to]?.seq === expected) {
    to++;
    expected++;
  }
  while (from > 0 && messages[from - 1]?.seq === (messages[from]?.seq ?? anchor + 1) - 1) from--;
  const cursor = expected - 1;
  const run = from === 0 && to === messages.length ? messages : messages.slice(from, to);
  return { messages: run, cursor, behind: cursor < head };
}

export interface Written {
  clientMessageId: string;
  content: string;
  replyToSeq?: number;
  attachments?: readonly Attachment[];
}

/**
 * One's own message as the ack tells it. `change` 0 lets the server's full version, which may come before or after,
 * win in `merge`.
 */
export function messageOfReceipt(written: Written, receipt: SendReceipt, senderId: string): Message {
  return {
    conversationId: receipt.conversationId,
    seq: receipt.seq,
    id: receipt.id,
    senderId,
    clientMessageId: written.clientMessageId,
    kind: "text",
    content: written.content,
    attachments: [...(written.attachments ?? [])],
    replyToSeq: written.replyToSeq ?? null,
    mentions: [],
    reactions: [],
    createdAt: receipt.createdAt,
    editedAt: null,
    deletedAt: null,
    change: 0,
  };
}

export interface Unsent extends Written {
  conversationId: string;
}

/**
 * What the writer still has to see after the visible run: own messages that are stored beyond a hole, then those not
 * yet acked. Without the first, a message would vanish between its ack and the repair of the hole.
 */
export function ownBeyond<P extends Unsent>(
  timeline: Timeline,
  pending: readonly P[],
  me: string | null,
): { stored: readonly Message[]; pending: readonly P[] } {
  const { cursor } = visible(timeline);
  const mine = timeline.messages.filter((message) => message.senderId === me);
  const known = new Set(mine.map((message) => message.clientMessageId));
  return {
    stored: mine.filter((message) => message.seq > cursor),
    pending: pending.filter((item) => !known.has(item.clientMessageId)),
  };
}
