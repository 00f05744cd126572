import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { systemText } from "../../core/system-text.ts";
import { Sentence } from "../../react/sentence.tsx";
import { useSelected, useSnapshot } from "../../react/use-snapshot.ts";
import { Composer } from "./composer.tsx";
import { Head } from "./head.tsx";
import { titleOf } from "./list.tsx";
import { Bubble, bubblesOf } from "./messages.tsx";
import { useWidget } from "./widget-context.ts";

interface ChatWindowProps {
  conversationId: string;
  onBack: () => void;
  onClose: () => void;
}

const bottomPixels = 60;

export function ChatWindow({ conversationId, onBack, onClose }: ChatWindowProps) {
  const { client, t, language } = useWidget();
  const conversation = useSelected(client.conversations, ({ items }) =>
    items.find(({ id }) => id === conversationId),
  );
  const thread = client.thread(conversationId);
  const state = useSnapshot(thread.state);
  const me = client.me();
  const others = conversation?.participants.filter(({ userId }) => userId !== me) ?? [];
  const readUpTo = Math.max(0, ...others.map(({ lastReadSeq }) => lastReadSeq));
  const bubbles = bubblesOf(state, me, readUpTo);
  const log = useStickyBottom(bubbles.length, client.setAtBottom);
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
        {state.status === "loading" && bubbles.length === 0 && <p className="empty">{t.loading}</p>}
        {state.status === "failed" && (
          <p className="empty" role="alert">
            {t.failed}{" "}
            <button type="button" className="link" onClick={() => thread.load()}>
              {t.again}
            </button>
          </p>
        )}
        {bubbles.map((each, index) =>
          each.system ? (
            <p key={each.key} className="system" data-testid="system-line">
              {systemText(language, each.system, conversation?.participants ?? [], me)}
            </p>
          ) : (
            <Bubble
              key={each.key}
              bubble={each}
              next={bubbles[index + 1]}
              names={others.length > 1 ? others : []}
            />
          ),
        )}
      </div>
      <p className="typing" data-testid="typing">
        {typing !== undefined && <Sentence say={t.typing} name={writer} />}
      </p>
      <Announcer total={bubbles.filter(({ own, system }) => !own && !system).length} />
      {state.error?.code !== "NOT_FOUND" && <Composer conversationId={conversationId} />}
    </div>
  );
}

/** Stays at the newest message as long as that was in sight, and says whether it is. */
function useStickyBottom(count: number, onBottom: (atBottom: boolean) => void) {
  const log = useRef<HTMLDivElement>(null);
  const atBottom = useRef(true);
  useLayoutEffect(() => {
    if (count > 0 && atBottom.current && log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [count]);
  useEffect(() => {
    const element = log.current;
    if (!element) return;
    const look = () => {
      atBottom.current = element.scrollHeight - element.scrollTop - element.clientHeight < bottomPixels;
      onBottom(atBottom.current);
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
  }, [onBottom]);
  return log;
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
