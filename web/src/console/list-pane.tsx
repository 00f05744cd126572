import type { SupportList } from "@parloir/client/core/support/support-list.ts";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import { useEffect, useMemo, useRef, useState } from "react";
import { Virtuoso, type VirtuosoHandle } from "react-virtuoso";
import { useLanguage } from "../languages/language.tsx";
import type { ConsoleAddress } from "./address.ts";
import { BulkBar } from "./bulk-bar.tsx";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";
import { Filters } from "./filters.tsx";
import { holdOrder } from "./held-order.ts";
import { ListRow } from "./list-row.tsx";
import { MessageHits } from "./message-hits.tsx";

interface ListPaneProps {
  address: ConsoleAddress;
  go: (change: Partial<ConsoleAddress>) => void;
  selected: ReadonlySet<string>;
  select: (ids: readonly string[], on: boolean) => void;
  /** As it stands on the screen, for the keys that go through it. */
  onOrder: (ids: readonly string[]) => void;
  onKeys: () => void;
}

/** The virtual list holds some thirty rows, however many conversations there are. */
export function ListPane({ address, go, selected, select, onOrder, onKeys }: ListPaneProps) {
  const t = useConsoleTexts();
  const { list } = useConsole();
  const { items } = useSnapshot(list.state);
  const unreadOf = useUnread();
  const { ids, waiting, conversations, present, held, hold } = useHeldList(list, items);
  const scroller = useRef<VirtuosoHandle>(null);
  const { conversationId, text, inMessages } = address;

  useEffect(() => onOrder(ids), [ids, onOrder]);
  // A key went on to one that is out of sight. Not when the order changes under the reader.
  const order = useRef(ids);
  order.current = ids;
  useEffect(() => {
    const index = conversationId === null ? -1 : order.current.indexOf(conversationId);
    if (index >= 0) scroller.current?.scrollIntoView({ index });
  }, [conversationId]);

  function selectTo(id: string, on: boolean, isRange: boolean): void {
    const last = isRange ? ids.findLastIndex((each) => selected.has(each)) : -1;
    const at = ids.indexOf(id);
    if (last < 0 || at < 0) select([id], on);
    else select(ids.slice(Math.min(last, at), Math.max(last, at) + 1), on);
  }

  const chosen = [...selected].flatMap((id) => conversations.get(id) ?? []);
  return (
    <section className="list" aria-label={t.list}>
      <Filters address={address} go={go} onKeys={onKeys} />
      {inMessages && text !== null ? (
        <MessageHits key={text} text={text} onOpen={(id) => go({ conversationId: id })} />
      ) : (
        <div
          className="list-scroll"
          onPointerEnter={(event) => event.pointerType === "mouse" && hold(true)}
          onPointerLeave={() => hold(false)}
          data-testid="console-list"
          data-held={held || undefined}
        >
          {waiting > 0 && (
            <button type="button" className="list-waiting" onClick={() => hold(false)}>
              {t.moved(waiting)}
            </button>
          )}
          <Emptiness address={address} />
          <Virtuoso<string>
            ref={scroller}
            data={ids as string[]}
            computeItemKey={(_index, id) => id}
            endReached={() => void list.loadMore()}
            increaseViewportBy={400}
            itemContent={(_index, id) => {
              const conversation = conversations.get(id);
              return (
                conversation && (
                  <ListRow
                    conversation={conversation}
                    unread={unreadOf(conversation)}
                    isOpen={id === conversationId}
                    isGone={!present.has(id)}
                    isSelected={selected.has(id)}
                    onSelect={selectTo}
                    address={address}
                    go={go}
                  />
                )
              );
            }}
          />
        </div>
      )}
      {/* Below: above, it would push the next row away from under the pointer. */}
      {chosen.length > 0 && (
        <BulkBar chosen={chosen} deselect={(ids) => select(ids ?? [...selected], false)} />
      )}
    </section>
  );
}

/**
 * The rows as they stand on the screen: while the pointer is over them they do not move. Those of another filter are
 * another list, of which nothing has stood there yet.
 */
function useHeldList(list: SupportList, items: readonly Conversation[]) {
  const [held, setHeld] = useState(false);
  const shown = useRef({ list, ids: none, conversations: new Map<string, Conversation>() });
  const present = useMemo(() => new Map(items.map((item) => [item.id, item])), [items]);

  return useMemo(() => {
    const order = [...present.keys()];
    const known = shown.current.list === list ? shown.current : null;
    const { ids, waiting } = held ? holdOrder(known?.ids ?? none, order) : { ids: order, waiting: 0 };
    // What has left the list is shown as it was last.
    const conversations = new Map(
      ids.flatMap((id) => entryOf(id, present.get(id) ?? known?.conversations.get(id))),
    );
    shown.current = { list, ids, conversations };
    return { ids, waiting, conversations, present, held, hold: setHeld };
  }, [list, present, held]);
}

const none: readonly string[] = [];

/** What I read, here and on my other devices, moves my marks; the list is told of it with the next message only. */
function useUnread(): (conversation: Conversation) => number {
  const { items } = useSnapshot(useConsole().client.conversations);
  return useMemo(() => {
    const marks = new Map(items.map(({ id, lastReadSeq }) => [id, lastReadSeq]));
    return ({ id, unreadCount, lastSeq, lastReadSeq }) =>
      unreadCount === 0 ? 0 : Math.max(0, lastSeq - Math.max(lastReadSeq, marks.get(id) ?? 0));
  }, [items]);
}

function entryOf(id: string, conversation: Conversation | undefined): [string, Conversation][] {
  return conversation ? [[id, conversation]] : [];
}

function Emptiness({ address: { view, text } }: { address: ConsoleAddress }) {
  const { t: words } = useLanguage();
  const t = useConsoleTexts();
  const { list } = useConsole();
  const { status, items } = useSnapshot(list.state);
  if (items.length > 0) return null;
  if (status === "loading")
    return (
      <p className="empty" role="status">
        {words.loading}
      </p>
    );
  if (status === "failed")
    return (
      <div className="empty" role="alert">
        <p>{words.listFailed}</p>
        <button type="button" className="button button-outlined" onClick={() => void list.refresh()}>
          {words.tryAgain}
        </button>
      </div>
    );
  const hints = { mine: t.emptyMine, unassigned: t.emptyUnassigned, all: t.emptyAll };
  return (
    <div className="empty" data-testid="console-empty">
      <p>
        <strong>{t.empty}</strong>
        {text === null ? hints[view] : t.emptySearch}
      </p>
    </div>
  );
}
