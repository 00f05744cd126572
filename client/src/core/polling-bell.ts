import type { NotificationList } from "@parloir/contracts/notifications.ts";
import type { Notification } from "@parloir/contracts/shapes.ts";
import { createBell } from "./bell.ts";
import type { LinkEvent } from "./link.ts";
import type { Rest } from "./rest.ts";

export interface PollingBell {
  /** Null when it was not answered: messages do not wait for it, the next look asks again. */
  read(): Promise<NotificationList | null>;
  /** What differs from the page before becomes the events that a socket would have brought; the first is only kept. */
  take(page: NotificationList | null): void;
  forget(): void;
}

/** The bell where sockets are blocked: its newest lines, looked at again and again. */
export function createPollingBell(rest: Rest, emit: (event: LinkEvent) => void): PollingBell {
  const bell = createBell(rest);
  let former: NotificationList | null = null;

  function take(page: NotificationList): void {
    const before = former;
    former = page;
    if (before === null) return;
    const known = new Map(before.items.map((line) => [line.id, line]));
    const isUnread = (line: Notification | undefined) => line !== undefined && line.readAt === null;
    // A conversation has one line, which its next message raises. Newest first: where one stands that is as it was, the
    // news ends, and what is below may only have moved up into this page.
    const isOld = ({ id, seq }: Notification) => {
      const line = known.get(id);
      return line !== undefined && (line.seq ?? 0) >= (seq ?? 0);
    };
    const old = page.items.findIndex(isOld);
    const news = page.items.slice(0, old < 0 ? undefined : old).filter(isUnread);
    const read = page.items.filter((line) => !isUnread(line) && isUnread(known.get(line.id)));
    // In the order in which a socket would have brought them.
    for (const line of news.toReversed()) emit({ event: "notification", payload: line });
    const added = news.filter(({ id }) => !isUnread(known.get(id))).length;
    // Lines beyond this page may have been read too: the count is the server's.
    if (read.length > 0 || page.unread !== before.unread + added)
      emit({
        event: "notifications_read",
        payload: { ids: read.map(({ id }) => id), unread: page.unread },
      });
  }

  return {
    read: () => bell.page().catch(() => null),
    take: (page) => page && take(page),
    forget() {
      former = null;
    },
  };
}
