import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { useClient } from "../client-context.tsx";
import { counts, type Row } from "./rows.ts";

/** Where a list opens: at what is unread, as far as it is loaded, else at its end. */
export function firstPlace(rows: readonly Row[]) {
  const unread = rows.findIndex((row) => row.startsUnread);
  if (unread >= 0) return { unread: true, place: { index: unread, align: "start" as const } };
  // To go to an end the virtual list draws rows, none, and then all. One row is at its place as it is: that is a
  // conversation's first message, and who goes on to edit it must not have it taken from under their keys.
  if (rows.length <= 1) return { unread: false, place: { index: 0, align: "start" as const } };
  return { unread: false, place: { index: rows.length - 1, align: "end" as const } };
}

/**
 * Whether the newest row is on screen, and how many came from others while it was not.
 * @param opensThere it is what the list opens at
 */
export function useBottom(conversationId: string, rows: readonly Row[], opensThere: boolean) {
  const client = useClient();
  const [says, setSays] = useState(opensThere);
  // While it measures its first row the virtual list takes that one for all: everything would count as read.
  const [reached, setReached] = useState(opensThere);
  const atBottom = says && reached;
  const last = rows.findLast((row) => row.seq !== null)?.seq ?? 0;
  const seen = useRef(last);
  if (atBottom) seen.current = last;
  const missed = rows.filter((row) => counts(row) && row.seq !== null && row.seq > seen.current).length;
  useLayoutEffect(() => client.setAtBottom(atBottom, conversationId), [client, atBottom, conversationId]);
  return {
    atBottom,
    missed,
    setSays,
    /** Tells which rows are drawn, from the first to this one. */
    drawnTo(index: number) {
      if (index >= rows.length - 1) setReached(true);
    },
  };
}

/** Keeps the newest message in sight when the space shrinks: a notice above, a keyboard or a long text below. */
export function useStuckToBottom(atBottom: boolean): (scroller: HTMLElement | Window | null) => void {
  const latest = useRef(atBottom);
  latest.current = atBottom;
  const observer = useRef<ResizeObserver>(null);
  return useCallback((scroller) => {
    observer.current?.disconnect();
    if (!(scroller instanceof HTMLElement)) return;
    observer.current = new ResizeObserver(() => {
      // Not through the virtual list: it learns of its new height later than this.
      if (latest.current) scroller.scrollTop = scroller.scrollHeight;
    });
    observer.current.observe(scroller);
  }, []);
}

/** Of a row without a seq, where nothing stored is before it: further than any conversation will have messages. */
const farIndex = 1_000_000_000;

/**
 * The first row's index in the virtual list, by which it knows what was put before it. seq has no gaps, so that is the
 * seq: older pages lower it by exactly their length. Where all is still to be stored, as after one deleted what was
 * before, the seq comes with the ack, and the list stays the same list. A first seq that rises means that it was
 * reloaded: to the virtual list that is another list, another generation.
 */
export function useFirstIndex(rows: readonly Row[]) {
  const first = rows[0]?.seq ?? null;
  const known = useRef({ first, offset: first === null ? farIndex : 0, generation: 0 });
  const { first: former, generation } = known.current;
  if (former === null && first !== null) known.current = { first, offset: farIndex - first, generation };
  else if (former !== null && (first === null || first > former))
    known.current = { first, offset: first === null ? farIndex : 0, generation: generation + 1 };
  else known.current.first = first;
  return { firstIndex: (first ?? 0) + known.current.offset, generation: known.current.generation };
}
