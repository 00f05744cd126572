import { type RefObject, useEffect, useRef, useState } from "react";
import { Sentence } from "../../react/sentence.tsx";
import { othersOf, readUpTo } from "../../react/thread/names.ts";
import { counts, type Row, rowsOf } from "../../react/thread/rows.ts";
import { useSelected, useSnapshot } from "../../react/use-snapshot.ts";
import { Composer } from "./composer.tsx";
import { Head } from "./head.tsx";
import { titleOf } from "./list.tsx";
import { Message } from "./messages.tsx";
import { useScrolling } from "./use-scrolling.ts";
import { useWidget } from "./widget-context.ts";

interface ChatWindowProps {
  conversationId: string;
  onBack: () => void;
  onClose: () => void;
}

export function ChatWindow({ conversationId, onBack, onClose }: ChatWindowProps) {
  const { client, t } = useWidget();
  const conversation = useSelected(client.conversations, ({ items }) =>
    items.find(({ id }) => id === conversationId),
  );
  const unreadAfter = useSelected(client.viewing, (viewing) => viewing.unreadAfter);
  const thread = client.thread(conversationId);
  const state = useSnapshot(thread.state);
  const me = client.me();
  const others = conversation ? othersOf(conversation, me) : [];
  const rows = rowsOf({ ...state, me, readUpTo: readUpTo(conversation, me), unreadAfter });
  const [atBottom, setAtBottom] = useState(true);
  const log = useScrolling(rows, (next) => {
    setAtBottom(next);
    client.setAtBottom(next, conversationId);
  });
  const typing = useSelected(client.typing, (all) => all[conversationId])?.[0];
  const writer = others.find(({ userId }) => userId === typing)?.name ?? t.somebody;
  const title = conversation ? titleOf(conversation, me, t.team) : "";

  return (
    <div className="pane">
      <Head title={title} onBack={onBack} onClose={onClose} />
      <div ref={log} className="scroll log" role="log" aria-live="off" aria-label={title} data-testid="log">
        {state.hasOlder && (
          <button
            type="button"
            className="more"
            disabled={state.loadingOlder}
            onClick={() => void thread.loadOlder()}
          >
            {state.loadingOlder ? t.loading : t.older}
          </button>
        )}
        {state.status === "loading" && rows.length === 0 && <p className="empty">{t.loading}</p>}
        {state.status === "failed" && (
          <p className="empty" role="alert">
            {t.failed}{" "}
            <button type="button" className="link" onClick={() => thread.load()}>
              {t.again}
            </button>
          </p>
        )}
        {rows.map((row, index) => (
          <Message
            key={row.key}
            row={row}
            next={rows[index + 1]}
            participants={conversation?.participants ?? []}
            named={others.length > 1}
          />
        ))}
      </div>
      {!atBottom && <Pill rows={rows} log={log} />}
      <p className="typing" data-testid="typing">
        {typing !== undefined && <Sentence say={t.typing} name={writer} />}
      </p>
      <Announcer total={rows.filter(counts).length} />
      {state.error?.code !== "NOT_FOUND" && <Composer conversationId={conversationId} />}
    </div>
  );
}

/** Who reads further up is told how many came below, and led there. */
function Pill({ rows, log }: { rows: readonly Row[]; log: RefObject<HTMLDivElement | null> }) {
  const { t } = useWidget();
  // What was the newest when the end went out of sight: with the end in sight this is not here.
  const [seen] = useState(rows.findLast(({ seq }) => seq !== null)?.seq ?? 0);
  const fresh = rows.filter((row) => counts(row) && (row.seq ?? 0) > seen).length;
  return (
    <div className="below">
      <button
        type="button"
        className="pill"
        data-new={fresh > 0 || undefined}
        data-testid="to-latest"
        onClick={() => log.current?.scrollTo({ top: log.current.scrollHeight })}
      >
        {fresh > 0 ? t.below(fresh) : t.latest}
      </button>
    </div>
  );
}

/** A log that is read out anew with every change would be unbearable: this says how many came. */
function Announcer({ total }: { total: number }) {
  const { t } = useWidget();
  const seen = useRef(total);
  const [text, setText] = useState("");
  useEffect(() => {
    const fresh = total - seen.current;
    seen.current = total;
    // Older pages come in dozens and are no news.
    if (fresh > 0 && fresh < 10) setText(t.arrived(fresh));
  }, [total, t]);
  return (
    <p className="hidden" role="status">
      {text}
    </p>
  );
}
