import type { Conversation } from "@parloir/contracts/shapes.ts";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Virtuoso, type VirtuosoHandle } from "react-virtuoso";
import type { Thread } from "../../core/thread.ts";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSelected, useSnapshot } from "../use-snapshot.ts";
import { JumpNotice } from "./jump-notice.tsx";
import { firstPlace, useBottom, useFirstIndex, useStuckToBottom } from "./list-place.ts";
import { MessageRow } from "./message-row.tsx";
import { othersOf, readUpTo } from "./names.ts";
import { type Row, rowsOf, showsMeta } from "./rows.ts";
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
  const [initial] = useState(() => firstPlace(rows));
  const { atBottom, missed, setSays, drawnTo } = useBottom(thread.conversationId, rows, !initial.unread);
  const scroller = useStuckToBottom(atBottom);
  const { firstIndex, generation } = useFirstIndex(rows);

  // Whoever sends wants to see it, wherever they had scrolled to.
  const newestPending = pending.at(-1)?.clientMessageId;
  useEffect(() => {
    if (newestPending) list.current?.scrollToIndex({ index: "LAST", align: "end" });
  }, [newestPending]);

  const jump = useJumps(thread, (seq) => {
    const index = rowsNow.current.findIndex((row) => row.seq === seq);
    if (index >= 0) list.current?.scrollToIndex({ index, align: "center" });
  });

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
          firstItemIndex={firstIndex}
          initialTopMostItemIndex={initial.place}
          computeItemKey={(_index, row) => row.key}
          itemContent={(index, row) => (
            <>
              {row.seq === 1 && notes?.get(0)}
              <MessageRow
                row={row}
                meta={showsMeta(row, rows[index - firstIndex + 1])}
                author={authorOf(row, conversation, me)}
                first={index === firstIndex && !hasOlder}
                conversationId={thread.conversationId}
                conversation={conversation}
                marked={row.seq !== null && row.seq === jump.marked}
              />
              {row.seq !== null && notes?.get(row.seq)}
            </>
          )}
          alignToBottom
          // Off as long as it opens elsewhere: as a function it also goes to the end when the first rows are measured.
          followOutput={atBottom && ((isAtBottom) => (isAtBottom ? "auto" : false))}
          atBottomThreshold={bottomPixels}
          atBottomStateChange={setSays}
          rangeChanged={({ endIndex }) => drawnTo(endIndex - firstIndex)}
          totalListHeightChanged={() => atBottom && list.current?.autoscrollToBottom()}
          startReached={() => void thread.loadOlder()}
          increaseViewportBy={{ top: 600, bottom: 200 }}
        />
      </div>
      <JumpNotice jump={jump} />
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

/** An agent who looks in is no participant: then already two others have to be told apart. */
function authorOf(row: Row, conversation: Conversation | undefined, me: string | null): string | null {
  if (row.own || !row.startsGroup || !conversation || othersOf(conversation, me).length <= 1) return null;
  return conversation.participants.find((one) => one.userId === row.senderId)?.name ?? null;
}
