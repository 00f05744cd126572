import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import type { Row } from "../../react/thread/rows.ts";

const bottomPixels = 60;

interface Shown {
  first: string | undefined;
  unread: string | undefined;
  sent: string | undefined;
  height: number;
  fromEnd: number;
}

/**
 * Begins where the unread ones do. Stays at the newest message as long as that is in sight, and says whether it is;
 * otherwise stays at what is being read, whatever comes before it.
 */
export function useScrolling(
  rows: readonly Row[],
  onBottom: (atBottom: boolean) => void,
): RefObject<HTMLDivElement | null> {
  const log = useRef<HTMLDivElement>(null);
  const report = useRef(onBottom);
  report.current = onBottom;
  const atBottom = useRef(true);
  const shown = useRef<Shown | null>(null);
  const first = rows[0]?.key;
  const unread = rows.find(({ startsUnread }) => startsUnread)?.key;
  // Whoever sends wants to see it, wherever they had scrolled to.
  const sent = rows.findLast(({ delivery }) => delivery === "sending")?.key;

  // After every change: it is compared with how the last one left it.
  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return;
    const before = shown.current;
    const divider = element.querySelector<HTMLElement>("[data-unread]");
    if (divider && unread !== before?.unread) element.scrollTop = divider.offsetTop - element.offsetTop;
    else if (sent !== undefined && sent !== before?.sent) element.scrollTop = element.scrollHeight;
    else if (element.scrollHeight !== before?.height) {
      if (atBottom.current) element.scrollTop = element.scrollHeight;
      else if (before && first !== before.first) element.scrollTop = element.scrollHeight - before.fromEnd;
    }
    shown.current = { first, unread, sent, ...placeOf(element) };
    atBottom.current = isAtBottom(element);
    // Now, not with the event of the scrolling: what is below would count as read until then.
    report.current(atBottom.current);
  });

  useEffect(() => {
    const element = log.current;
    if (!element) return;
    const look = () => {
      atBottom.current = isAtBottom(element);
      if (shown.current) Object.assign(shown.current, placeOf(element));
      report.current(atBottom.current);
    };
    const resized = new ResizeObserver(() => {
      if (atBottom.current) element.scrollTop = element.scrollHeight;
    });
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  return log;
}

function placeOf({ scrollHeight, scrollTop }: HTMLElement) {
  return { height: scrollHeight, fromEnd: scrollHeight - scrollTop };
}

function isAtBottom({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < bottomPixels;
}
