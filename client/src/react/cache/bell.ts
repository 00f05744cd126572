import type { NotificationList, ReadNotifications } from "@parloir/contracts/notifications.ts";
import type { Conversation, Notification } from "@parloir/contracts/shapes.ts";

/** The bell's lines in pages, newest first, as an infinite query holds them. */
export interface BellPages {
  pages: NotificationList[];
  pageParams: (string | null)[];
}

export const bellLines = (data: BellPages | undefined) => data?.pages.flatMap(({ items }) => items) ?? [];

/** Of all lines, also of those that no page holds. */
export const bellUnread = (data: BellPages | undefined) => data?.pages[0]?.unread ?? 0;

function change(
  data: BellPages,
  unread: number,
  next: (line: Notification) => Notification | null,
): BellPages {
  const pages = data.pages.map((page) => ({
    ...page,
    unread: Math.max(0, unread),
    items: page.items.flatMap((line) => next(line) ?? []),
  }));
  return { ...data, pages };
}

/** A conversation has one unread line, which moves to the top with its newest message: a repeat changes nothing. */
export function withLine(data: BellPages, line: Notification): BellPages {
  const [first] = data.pages;
  if (!first) return data;
  const known = bellLines(data).find(({ id }) => id === line.id);
  if (known && (known.seq ?? 0) >= (line.seq ?? 0)) return data;
  const wasUnread = known !== undefined && known.readAt === null;
  const rest = change(data, first.unread + (wasUnread ? 0 : 1), (one) => (one.id === line.id ? null : one));
  const [top, ...others] = rest.pages;
  return top ? { ...rest, pages: [{ ...top, items: [line, ...top.items] }, ...others] } : rest;
}

/** Read here or on another page. */
export function withLinesRead(data: BellPages, { ids, unread }: ReadNotifications, at: string): BellPages {
  const read = new Set(ids);
  return change(data, unread, (line) =>
    read.has(line.id) && line.readAt === null ? { ...line, readAt: at } : line,
  );
}

/** Reading a conversation reads its line, in the database by the same statement. */
export function withConversationsRead(
  data: BellPages,
  conversations: readonly Pick<Conversation, "id" | "lastReadSeq">[],
  at: string,
): BellPages {
  const marks = new Map(conversations.map(({ id, lastReadSeq }) => [id, lastReadSeq]));
  const isRead = ({ readAt, conversationId, seq }: Notification) =>
    readAt === null && conversationId !== null && seq !== null && seq <= (marks.get(conversationId) ?? 0);
  const count = bellLines(data).filter(isRead).length;
  if (count === 0) return data;
  return change(data, bellUnread(data) - count, (line) => (isRead(line) ? { ...line, readAt: at } : line));
}
