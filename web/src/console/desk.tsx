import { useCallback, useRef, useState } from "react";
import type { ConsoleAddress } from "./address.ts";
import { CannedDialog } from "./canned-dialog.tsx";
import { ContextPane } from "./context-pane.tsx";
import { useConsole, useOpenConversation } from "./desk-context.tsx";
import { KeysDialog } from "./keys-dialog.tsx";
import { ListPane } from "./list-pane.tsx";
import { neighbour } from "./neighbour.ts";
import { SupportThread } from "./support-thread.tsx";
import { useKeys } from "./use-keys.ts";

interface DeskProps {
  address: ConsoleAddress;
  go: (change: Partial<ConsoleAddress>) => void;
}

const none: ReadonlySet<string> = new Set();

/** List, thread and customer side by side, and the keys that work on all three. */
export function Desk({ address, go }: DeskProps) {
  const { me, list, actions } = useConsole();
  const { conversationId } = address;
  const [selection, setSelection] = useState({ list, ids: none });
  // What was chosen in one view is not what stands in another.
  const selected = selection.list === list ? selection.ids : none;
  const [dialog, setDialog] = useState<"keys" | "canned" | null>(null);
  const [writes, setWrites] = useState<"reply" | "note">("reply");
  const [showsContext, setShowsContext] = useState(false);
  const [order, setOrder] = useState<readonly string[]>([]);
  const open = useOpenConversation(conversationId);

  const select = useCallback(
    (ids: readonly string[], on: boolean) =>
      setSelection((present) => {
        const next = new Set(present.list === list ? present.ids : none);
        for (const id of ids) {
          if (on) next.add(id);
          else next.delete(id);
        }
        return { list, ids: next };
      }),
    [list],
  );

  const place = useRef<{ conversationId: string | null; at: number } | null>(null);
  const at = conversationId === null ? -1 : order.indexOf(conversationId);
  if (at >= 0) place.current = { conversationId, at };

  function move(by: 1 | -1): void {
    const former = place.current?.conversationId === conversationId ? place.current.at : null;
    const next = neighbour(order, conversationId, former, by);
    if (next !== undefined) go({ conversationId: next });
  }

  function write(what: "reply" | "note"): void {
    setWrites(what);
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".console .composer textarea")?.focus());
  }

  const keys = useKeys({
    next: () => move(1),
    previous: () => move(-1),
    select: () => conversationId !== null && select([conversationId], !selected.has(conversationId)),
    assign: () => open && void actions.assign(open, me.id),
    close: () => open && open.status !== "closed" && void actions.setStatus(open, "close"),
    reopen: () => open && open.status !== "open" && void actions.setStatus(open, "reopen"),
    reply: () => write("reply"),
    note: () => write("note"),
    // Into the empty field: the character itself then opens the list.
    canned: () => document.querySelector<HTMLElement>("[data-writes=reply] .composer textarea")?.focus(),
    search: () => document.querySelector<HTMLElement>(".console-search")?.focus(),
    context: () => setShowsContext((shown) => !shown),
    help: () => setDialog("keys"),
  });

  return (
    <>
      <ListPane
        address={address}
        go={go}
        selected={selected}
        select={select}
        onOrder={setOrder}
        onKeys={() => setDialog("keys")}
      />
      <SupportThread
        key={conversationId}
        conversation={open}
        conversationId={conversationId}
        writes={writes}
        setWrites={setWrites}
        onBack={() => go({ conversationId: null })}
        onContext={() => setShowsContext((shown) => !shown)}
        onCanned={() => setDialog("canned")}
        showsContext={showsContext}
      />
      {conversationId !== null && (
        <ContextPane
          key={`context ${conversationId}`}
          conversationId={conversationId}
          conversation={open}
          shown={showsContext}
          onClose={() => setShowsContext(false)}
          onOpen={(id) => go({ conversationId: id })}
        />
      )}
      {dialog === "keys" && <KeysDialog keys={keys} onClose={() => setDialog(null)} />}
      {dialog === "canned" && <CannedDialog onClose={() => setDialog(null)} />}
    </>
  );
}
