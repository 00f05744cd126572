import type {
  Conversation,
  Message,
  Participant,
  ReadMark,
  SharedConversation,
} from "@parloir/contracts/shapes.ts";

/**
 * What each event makes of one listed conversation. Pure; null or the same object when nothing changes. Read marks
 * only rise, here as in the database.
 */

export function withMessage(present: Conversation, message: Message, me: string | null): Conversation | null {
  const last = present.lastMessage;
  const lastChange = Math.max(present.lastChange, message.change);
  // An older one that changed: perhaps the last one that somebody wrote, with system lines behind it.
  if (message.seq < present.lastSeq) {
    if (lastChange === present.lastChange) return null;
    const isLast = message.seq === last?.seq && message.change > last.change;
    return { ...present, lastChange, lastMessage: isLast ? message : last };
  }
  if (message.seq === present.lastSeq && last && last.change >= message.change) return null;
  const updatedAt = later(present.updatedAt, message.createdAt);
  const came = message.seq - present.lastSeq;
  if (message.system) {
    const unreadCount = present.unreadCount + Math.max(0, came - 1);
    return { ...present, lastSeq: message.seq, lastChange, updatedAt, unreadCount };
  }
  // Whoever sends has read what is before: the database moves the mark with the message, and tells it no other way.
  const read = withRead(present, message.senderId, message.seq, null);
  const own = message.senderId === me;
  return {
    ...read,
    lastMessage: message,
    lastSeq: message.seq,
    lastChange,
    updatedAt,
    lastReadSeq: own ? Math.max(present.lastReadSeq, message.seq) : present.lastReadSeq,
    unreadCount: own ? 0 : present.unreadCount + came,
  };
}

export function withRead(
  present: Conversation,
  userId: string,
  seq: number,
  me: string | null,
): Conversation {
  const participants = present.participants.map((one) =>
    one.userId === userId && one.lastReadSeq < seq ? { ...one, lastReadSeq: seq } : one,
  );
  const own = userId === me && seq > present.lastReadSeq;
  if (!own) return { ...present, participants };
  return { ...present, participants, lastReadSeq: seq, unreadCount: leftUnread(present, seq) };
}

/**
 * At most what is behind the mark, and no more than before. Of system lines behind it, which count for nobody, only the
 * server knows: its `unread` follows every mark.
 */
function leftUnread({ unreadCount, lastSeq }: Conversation, mark: number): number {
  return Math.max(0, Math.min(unreadCount, lastSeq - mark));
}

export function withOwnMark(present: Conversation, mark: ReadMark): Conversation | null {
  if (mark.lastReadSeq < present.lastReadSeq) return null;
  const most = Math.max(0, present.lastSeq - mark.lastReadSeq);
  return { ...present, lastReadSeq: mark.lastReadSeq, unreadCount: Math.min(mark.unreadCount, most) };
}

export function withShared(present: Conversation, shared: SharedConversation): Conversation {
  const participants = risen(shared.participants, present.participants);
  const isOlder = shared.lastSeq < present.lastSeq;
  // Null without news: the last message is hidden from some member, not necessarily from us.
  const lastMessage = isOlder ? present.lastMessage : newest(shared.lastMessage, present.lastMessage);
  return { ...present, ...shared, ...ahead(shared, present), participants, lastMessage };
}

/** A read that began before a push arrived must not take back what the push said. */
export function newer(read: Conversation, known: Conversation | undefined): Conversation {
  if (!known) return read;
  const isBehind = known.lastSeq > read.lastSeq;
  const isSame = known.lastSeq === read.lastSeq;
  const lastReadSeq = Math.max(known.lastReadSeq, read.lastReadSeq);
  const most = Math.max(0, read.lastSeq - lastReadSeq);
  return {
    ...read,
    ...ahead(read, known),
    participants: risen(read.participants, known.participants),
    lastMessage: isBehind
      ? known.lastMessage
      : isSame
        ? newest(read.lastMessage, known.lastMessage)
        : read.lastMessage,
    lastReadSeq,
    unreadCount: isBehind ? known.unreadCount : Math.min(read.unreadCount, most),
  };
}

type Heads = Pick<Conversation, "lastSeq" | "lastChange" | "updatedAt">;

function ahead(one: Heads, other: Heads): Heads {
  return {
    lastSeq: Math.max(one.lastSeq, other.lastSeq),
    lastChange: Math.max(one.lastChange, other.lastChange),
    updatedAt: later(one.updatedAt, other.updatedAt),
  };
}

const later = (one: string, other: string) => (one < other ? other : one);

/** Of two last messages the later one; of two versions of one, the one in which it changed later. */
function newest(one: Message | null, other: Message | null): Message | null {
  if (!one || !other) return one ?? other;
  const isOlder = one.seq === other.seq ? one.change < other.change : one.seq < other.seq;
  return isOlder ? other : one;
}

function risen(next: readonly Participant[], known: readonly Participant[]): Participant[] {
  return next.map((one) => {
    const before = known.find((other) => other.userId === one.userId);
    return before && before.lastReadSeq > one.lastReadSeq ? { ...one, lastReadSeq: before.lastReadSeq } : one;
  });
}

/** What the cluster's lists are ordered by: every message and system line raises it to its own time. */
export const activity = (item: Conversation) => item.updatedAt;

/** Newest activity first. */
export function byActivity(items: Conversation[]): Conversation[] {
  return items.sort((a, b) => (activity(a) < activity(b) ? 1 : activity(a) > activity(b) ? -1 : 0));
}
