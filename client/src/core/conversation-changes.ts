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
  // An older one that changed.
  if (message.seq < present.lastSeq)
    return lastChange > present.lastChange ? { ...present, lastChange } : null;
  if (message.seq === present.lastSeq && last && last.change >= message.change) return null;
  // Whoever sends has read what is before: the database moves the mark with the message, and tells it no other way.
  const read = withRead(present, message.senderId, message.seq, null);
  const own = message.senderId === me;
  return {
    ...read,
    lastMessage: message,
    lastSeq: message.seq,
    lastChange,
    lastReadSeq: own ? Math.max(present.lastReadSeq, message.seq) : present.lastReadSeq,
    unreadCount: own ? 0 : present.unreadCount + message.seq - present.lastSeq,
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
  return { ...present, participants, lastReadSeq: seq, unreadCount: Math.max(0, present.lastSeq - seq) };
}

export function withOwnMark(present: Conversation, mark: ReadMark): Conversation | null {
  if (mark.lastReadSeq < present.lastReadSeq) return null;
  const most = Math.max(0, present.lastSeq - mark.lastReadSeq);
  return { ...present, lastReadSeq: mark.lastReadSeq, unreadCount: Math.min(mark.unreadCount, most) };
}

export function withShared(present: Conversation, shared: SharedConversation): Conversation {
  const participants = risen(shared.participants, present.participants);
  // Null without news: the last message is hidden from some member, not necessarily from us.
  const isOlder = shared.lastSeq < present.lastSeq;
  const isWithheld = shared.lastSeq === present.lastSeq && shared.lastMessage === null;
  const { lastSeq, lastMessage } = isOlder || isWithheld ? present : newest(shared, present);
  const lastChange = Math.max(shared.lastChange, present.lastChange);
  return { ...present, ...shared, participants, lastSeq, lastChange, lastMessage };
}

/** A read that began before a push arrived must not take back what the push said. */
export function newer(read: Conversation, known: Conversation | undefined): Conversation {
  if (!known) return read;
  const ahead = known.lastSeq > read.lastSeq;
  const { lastSeq, lastMessage } = ahead ? known : newest(read, known);
  const lastReadSeq = Math.max(known.lastReadSeq, read.lastReadSeq);
  const most = Math.max(0, read.lastSeq - lastReadSeq);
  return {
    ...read,
    participants: risen(read.participants, known.participants),
    lastSeq,
    lastChange: Math.max(known.lastChange, read.lastChange),
    lastMessage,
    lastReadSeq,
    unreadCount: ahead ? known.unreadCount : Math.min(read.unreadCount, most),
  };
}

/** Of two views with the same last message, the one in which it changed later. */
function newest<View extends Pick<Conversation, "lastSeq" | "lastMessage">>(view: View, other: View): View {
  const isOlder = (view.lastMessage?.change ?? 0) < (other.lastMessage?.change ?? 0);
  return view.lastSeq === other.lastSeq && isOlder ? other : view;
}

function risen(next: readonly Participant[], known: readonly Participant[]): Participant[] {
  return next.map((one) => {
    const before = known.find((other) => other.userId === one.userId);
    return before && before.lastReadSeq > one.lastReadSeq ? { ...one, lastReadSeq: before.lastReadSeq } : one;
  });
}

export const activity = (item: Conversation) => item.lastMessage?.createdAt ?? item.createdAt;

/** Newest activity first. */
export function byActivity(items: Conversation[]): Conversation[] {
  return items.sort((a, b) => (activity(a) < activity(b) ? 1 : activity(a) > activity(b) ? -1 : 0));
}
