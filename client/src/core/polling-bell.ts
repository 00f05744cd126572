import type { NotificationList, NotificationPreferences } from "@parloir/contracts/notifications.ts";
import type { Notification } from "@parloir/contracts/shapes.ts";
import { createBell } from "./bell.ts";
import type { LinkEvent } from "./link.ts";
import type { Rest } from "./rest.ts";

export interface PollingBell {
  /**
   * Reads the newest lines. What it settles with tells what differs from the read before, by the events that a socket
   * would have brought; of the first read nothing. One that fails is none: messages do not wait for it.
   */
  look(): Promise<() => void>;
  forget(): void;
}

/** The bell where sockets are blocked. */
export function createPollingBell(rest: Rest, emit: (event: LinkEvent) => void): PollingBell {
  const bell = createBell(rest);
  let former: NotificationList | null = null;

  function tell(before: NotificationList, page: NotificationList, news: readonly Notification[]): void {
    // In the order in which a socket would have brought them.
    for (const line of news.toReversed()) emit({ event: "notification", payload: line });
    const known = new Map(before.items.map((line) => [line.id, line]));
    const wasUnread = ({ id }: Notification) => known.has(id) && isUnread(known.get(id)!);
    const ids = page.items.filter((line) => !isUnread(line) && wasUnread(line)).map(({ id }) => id);
    const added = news.filter((line) => !wasUnread(line)).length;
    // Lines beyond this page may have been read too, and some come silently: the count is the server's.
    if (ids.length > 0 || page.unread !== before.unread + added)
      emit({ event: "notifications_read", payload: { ids, unread: page.unread } });
  }

  return {
    async look() {
      try {
        const page = await bell.page();
        const before = former;
        const news = before === null ? [] : newsIn(page, before);
        const isSilent = news.length > 0 && isSilentNow(await bell.preferences());
        return () => {
          former = page;
          if (before !== null) tell(before, page, isSilent ? [] : news);
        };
      } catch {
        return () => undefined; // The next look asks again.
      }
    },
    forget() {
      former = null;
    },
  };
}

const isUnread = ({ readAt }: Notification) => readAt === null;

/**
 * A conversation has one line, which its next message raises. Newest first: where one stands that is as it was, the news
 * ends, and what is below may only have moved up into this page.
 */
function newsIn(page: NotificationList, before: NotificationList): Notification[] {
  const known = new Map(before.items.map((line) => [line.id, line]));
  const isOld = ({ id, seq }: Notification) => {
    const line = known.get(id);
    return line !== undefined && (line.seq ?? 0) >= (seq ?? 0);
  };
  const old = page.items.findIndex(isOld);
  return page.items.slice(0, old < 0 ? undefined : old).filter(isUnread);
}

/** Whether a socket would be told nothing now: the line is in the bell all the same. */
export function isSilentNow({ channels, quietHours }: NotificationPreferences, now = new Date()): boolean {
  if (!channels.socket) return true;
  if (quietHours === null) return false;
  const { zone, from, to } = quietHours;
  const time = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(now);
  return from <= to ? from <= time && time < to : from <= time || time < to;
}
