import type { Conversation } from "@parloir/contracts/shapes.ts";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Virtuoso, type VirtuosoHandle } from "react-virtuoso";
import type { Thread } from "../../core/thread.ts";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSelected, useSnapshot } from "../use-snapshot.ts";
import { MessageRow } from "./message-row.tsx";
import { othersOf, readUpTo } from "./names.ts";
import { counts, type Row, rowsOf, showsMeta } from "./rows.ts";
import { useJumps } from "./use-jumps.ts";

interface MessageListProps {
  thread: Thread;
  conversation: Conversation | undefined;
  name: string;
  /** What stands behind the message of a seq; 0 is before all of them. */
  notes?: ReadonlyMap<number, ReactNode> | undefined;
}

/** Nearer to the end than this counts as reading the newest. */
const bottomPixels = 80;

export function MessageList({ thread, conversation, name, notes }: MessageListProps) {
  const { t } = useTexts();
  const client = useClient();
  const state = useSnapshot(thread.state);
  const unreadAfter = useSelected(client.viewing, (viewing) => viewing.unreadAfter);
  const me = client.me();
  const read = readUpTo(conversation, me);
  const { messages, stored, pending, hasOlder, loadingOlder } = state;
  const rows = useMemo(
    () => rowsOf({ messages, stored, pending, me, readUpTo: read, unreadAfter }),
    [messages, stored, pending, me, read, unreadAfter],
  );
  const list = useRef<VirtuosoHandle>(null);
  const rowsNow = useRef(rows);
  rowsNow.current = rows;
  const { atBottom, setAtBottom, missed } = useBottom(rows);
  const scroller = useStuckToBottom(atBottom);
  const { firstSeq, generation } = useFirstSeq(rows);

  // Whoever sends wants to see it, wherever they had scrolled to.
  const newestPending = pending.at(-1)?.clientMessageId;
  useEffect(() => {
    if (newestPending) list.current?.scrollToIndex({ index: "LAST", align: "end" });
  }, [newestPending]);

  const marked = useJumps(thread, (seq) => {
    const index = rowsNow.current.findIndex((row) => row.seq === seq);
    if (index >= 0) list.current?.scrollToIndex({ index, align: "center" });
    return index >= 0;
  });

  const unreadIndex = rows.findIndex((row) => row.startsUnread);
  const initial = useRef(
    unreadIndex > 0
      ? { index: unreadIndex, align: "start" as const }
      : { index: Math.max(0, rows.length - 1), align: "end" as const },
  );

  return (
    <>
      <div
        role="log"
        aria-live="off"
        aria-label={t.history(name)}
        style={{ height: "100%" }}
        data-testid="messages"
        data-at-bottom={atBottom}
      >
        <Virtuoso<Row, { loadingOlder: boolean }>
          key={generation}
          ref={list}
          scrollerRef={scroller}
          data={rows}
          context={{ loadingOlder }}
          components={components}
          // seq has no gaps, so the first one is the absolute index: older pages lower it by exactly their length.
          firstItemIndex={firstSeq}
          initialTopMostItemIndex={initial.current}
          computeItemKey={(_index, row) => row.key}
          itemContent={(index, row) => (
            <>
              {row.seq === 1 && notes?.get(0)}
              <MessageRow
                row={row}
                meta={showsMeta(row, rows[index - firstSeq + 1])}
                author={authorOf(row, conversation, me)}
                first={index === firstSeq && !hasOlder}
                conversationId={thread.conversationId}
                conversation={conversation}
                marked={row.seq !== null && row.seq === marked}
              />
              {row.seq !== null && notes?.get(row.seq)}
            </>
          )}
          alignToBottom
          followOutput={(isAtBottom) => (isAtBottom ? "auto" : false)}
          atBottomThreshold={bottomPixels}
          atBottomStateChange={setAtBottom}
          totalListHeightChanged={() => atBottom && list.current?.autoscrollToBottom()}
          startReached={() => void thread.loadOlder()}
          increaseViewportBy={{ top: 600, bottom: 200 }}
        />
      </div>
      {!atBottom && (
        <button
          type="button"
          className="pill"
          data-new={missed > 0 ? "" : undefined}
          data-testid="to-latest"
          onClick={() => list.current?.scrollToIndex({ index: "LAST", align: "end" })}
        >
          {missed > 0 ? t.newPill(missed) : t.toLatest}
          <Icon name="down" size={16} />
        </button>
      )}
    </>
  );
}

const components = { Header: Edge, Footer: () => <div style={{ height: 8 }} /> };

/** The upper end of what is loaded. */
function Edge({ context }: { context?: { loadingOlder: boolean } }) {
  const { t } = useTexts();
  return <div className="thread-edge">{context?.loadingOlder && t.loadingOlder}</div>;
}

/** Whether the newest row is on screen, and how many came from others while it was not. */
function useBottom(rows: readonly Row[]) {
  const client = useClient();
  const [atBottom, set] = useState(true);
  const seen = useRef(0);
  const last = rows.findLast((row) => row.seq !== null)?.seq ?? 0;
  if (atBottom) seen.current = last;
  const missed = rows.filter((row) => counts(row) && row.seq !== null && row.seq > seen.current).length;
  return {
    atBottom,
    missed,
    setAtBottom(next: boolean) {
      set(next);
      client.setAtBottom(next);
    },
  };
}

/** Keeps the newest message in sight when the space shrinks: a notice above, a keyboard or a long text below. */
function useStuckToBottom(atBottom: boolean): (scroller: HTMLElement | Window | null) => void {
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

/** A first seq that rises means the list was reloaded: to the virtual list that is another list. */
function useFirstSeq(rows: readonly Row[]) {
  const firstSeq = rows[0]?.seq ?? 1;
  const known = useRef({ firstSeq, generation: 0 });
  if (firstSeq > known.current.firstSeq)
    known.current = { firstSeq, generation: known.current.generation + 1 };
  else known.current.firstSeq = firstSeq;
  return { firstSeq, generation: known.current.generation };
}

/** An agent who looks in is no participant: then already two others have to be told apart. */
function authorOf(row: Row, conversation: Conversation | undefined, me: string | null): string | null {
  if (row.own || !row.startsGroup || !conversation || othersOf(conversation, me).length <= 1) return null;
  return conversation.participants.find((one) => one.userId === row.senderId)?.name ?? null;
}
