import type { Conversation } from "@parloir/contracts/shapes.ts";
import { useState } from "react";
import { systemText } from "../../core/system-text.ts";
import { othersOf, previewOf } from "../../react/thread/names.ts";
import { useSnapshot } from "../../react/use-snapshot.ts";
import { Head } from "./head.tsx";
import { useWidget } from "./widget-context.ts";

interface ListProps {
  failed: boolean;
  onOpen: (conversationId: string) => void;
  onStart: () => void;
  onClose: () => void;
}

export function List({ failed, onOpen, onStart, onClose }: ListProps) {
  const { client, t } = useWidget();
  const { status, items, hasMore } = useSnapshot(client.conversations);
  return (
    <div className="pane">
      <Head title={t.title} onClose={onClose} />
      <div className="scroll">
        {status === "loading" && items.length === 0 && <p className="empty">{t.loading}</p>}
        {status === "failed" && (
          <p className="empty" role="alert">
            {t.failed}
            <button type="button" className="link" onClick={() => void client.refreshConversations()}>
              {t.again}
            </button>
          </p>
        )}
        {status === "ready" && items.length === 0 && (
          <p className="empty">
            <strong>{t.empty}</strong>
            {t.emptyHint}
          </p>
        )}
        <ul>
          {items.map((each) => (
            <li key={each.id}>
              <Row conversation={each} onOpen={() => onOpen(each.id)} />
            </li>
          ))}
        </ul>
        {hasMore && <More />}
      </div>
      <footer className="foot">
        {failed && (
          <p role="alert" className="error">
            {t.failed}
          </p>
        )}
        <button type="button" className="filled" data-testid="start" onClick={onStart}>
          {t.start}
        </button>
      </footer>
    </div>
  );
}

function More() {
  const { client, t } = useWidget();
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  function load() {
    setState("loading");
    client.loadMoreConversations().then(
      () => setState("idle"),
      () => setState("failed"),
    );
  }
  return (
    <>
      {state === "failed" && (
        <p className="empty" role="alert">
          {t.failed}
        </p>
      )}
      <button type="button" className="more" disabled={state === "loading"} onClick={load}>
        {state === "loading" ? t.loading : state === "failed" ? t.again : t.more}
      </button>
    </>
  );
}

function Row({ conversation, onOpen }: { conversation: Conversation; onOpen: () => void }) {
  const { client, t, formats } = useWidget();
  const { unreadCount, updatedAt } = conversation;
  return (
    <button type="button" className="row" data-testid="conversation" onClick={onOpen}>
      <span className="row-name" dir="auto">
        {titleOf(conversation, client.me(), t.team)}
      </span>
      <time dateTime={updatedAt}>{formats.brief(new Date(updatedAt))}</time>
      <span className="row-text" dir="auto">
        <Preview conversation={conversation} />
      </span>
      {unreadCount > 0 && (
        <span className="badge">
          <span aria-hidden="true">{unreadCount}</span>
          <span className="hidden">{t.unread(unreadCount)}</span>
        </span>
      )}
    </button>
  );
}

function Preview({ conversation: { lastMessage, participants } }: { conversation: Conversation }) {
  const { client, t, language } = useWidget();
  if (!lastMessage) return null;
  if (lastMessage.deletedAt !== null) return t.deleted;
  if (lastMessage.system) return systemText(language, lastMessage.system, participants, client.me());
  return previewOf(lastMessage);
}

/** The others' names; of a conversation with the team nobody has answered yet, the team. */
export function titleOf(conversation: Conversation, me: string | null, team: string): string {
  const { subject, kind } = conversation;
  const names = othersOf(conversation, me).map(({ name }) => name);
  if (subject && (kind === "group" || names.length === 0)) return subject.title;
  return names.join(", ") || team;
}
