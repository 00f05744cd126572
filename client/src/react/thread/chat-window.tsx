import { lazy, type ReactNode, Suspense, useRef, useState } from "react";
import { Avatar } from "../avatar.tsx";
import { useClient, useReady } from "../client-context.tsx";
import { usePresence } from "../hooks/use-presence.ts";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSelected, useSnapshot } from "../use-snapshot.ts";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { MessageList } from "./message-list.tsx";
import { nameOf, othersOf } from "./names.ts";
import { ThreadActions } from "./thread-ui.tsx";
import { TypingIndicator } from "./typing-indicator.tsx";

const ThreadSearch = lazy(() => import("./thread-search.tsx"));

export interface ChatWindowProps {
  conversationId: string;
  /** On a phone, back to the list. */
  onBack?: () => void;
  /** Beside the search, at the end of the head. */
  tools?: ReactNode;
}

/** One conversation: with whom, its messages, who is typing, and where one writes. */
export function ChatWindow({ conversationId, onBack, tools }: ChatWindowProps) {
  const { t } = useTexts();
  const client = useClient();
  const ready = useReady();
  const [searching, setSearching] = useState(false);
  const searchButton = useRef<HTMLButtonElement>(null);
  const conversation = useSelected(client.conversations, (state) =>
    state.items.find((item) => item.id === conversationId),
  );
  const status = useSelected(client.thread(conversationId).state, ({ error }) => error?.code);
  const name = conversation ? nameOf(conversation, client.me(), t) : "";
  const [other, ...rest] = conversation ? othersOf(conversation, client.me()) : [];

  return (
    <ThreadActions conversationId={conversationId}>
      <section
        className="thread"
        aria-label={t.history(name)}
        data-testid="thread"
        data-conversation-id={conversationId}
      >
        <header className="thread-head">
          {onBack && (
            <button
              type="button"
              className="button button-icon button-quiet only-phone"
              aria-label={t.back}
              onClick={onBack}
            >
              <Icon name="back" />
            </button>
          )}
          <Avatar name={name} url={other?.avatarUrl} />
          <div className="thread-who">
            <h1 dir="auto">{name || t.conversations}</h1>
            <p className="thread-subject">
              {conversation?.subject && conversation.subject.title !== name && (
                <span dir="auto">{conversation.subject.title}</span>
              )}
              {other && rest.length === 0 && <PresenceLine userId={other.userId} />}
            </p>
          </div>
          <span className="thread-tools">
            <button
              ref={searchButton}
              type="button"
              className="button button-icon button-quiet"
              aria-label={t.searchThread}
              title={t.searchThread}
              aria-expanded={searching}
              data-testid="open-search"
              onClick={() => setSearching(!searching)}
            >
              <Icon name="search" />
            </button>
            {tools}
          </span>
        </header>
        {searching && (
          <Suspense>
            <ThreadSearch
              conversationId={conversationId}
              conversation={conversation}
              onClose={() => {
                setSearching(false);
                searchButton.current?.focus();
              }}
            />
          </Suspense>
        )}
        <Log conversationId={conversationId} name={name} />
        <TypingIndicator conversationId={conversationId} />
        {ready && status !== "NOT_FOUND" && <Composer conversationId={conversationId} name={name} />}
        <Announcer conversationId={conversationId} />
      </section>
    </ThreadActions>
  );
}

function PresenceLine({ userId }: { userId: string }) {
  const { t, formats } = useTexts();
  const presence = usePresence([userId])[userId];
  if (!presence) return null;
  const { status, lastSeenAt } = presence;
  const words =
    status === "offline"
      ? lastSeenAt && t.lastSeen(formats.brief(new Date(lastSeenAt)))
      : status === "away"
        ? t.away
        : t.present;
  if (!words) return null;
  return (
    <span className="presence" data-status={status} data-testid="presence">
      {words}
    </span>
  );
}

function Log({ conversationId, name }: { conversationId: string; name: string }) {
  const { t } = useTexts();
  const client = useClient();
  const thread = client.thread(conversationId);
  const { status, error, messages, pending } = useSnapshot(thread.state);
  const conversation = useSelected(client.conversations, (state) =>
    state.items.find((item) => item.id === conversationId),
  );
  // Opened by its address: what is unread of it, and so where it opens, comes with the list.
  const isListed = useSelected(client.conversations, (state) => state.status !== "loading");
  const isReady = status === "ready" && (conversation !== undefined || isListed);
  const isEmpty = isReady && messages.length === 0 && pending.length === 0;
  return (
    <div className="thread-log">
      {!isReady && status !== "failed" && (
        <p className="empty" role="status">
          {t.loading}
        </p>
      )}
      {status === "failed" && (
        <div className="empty" role="alert">
          <p>{t.threadFailed}</p>
          {error?.code !== "NOT_FOUND" && (
            <button type="button" className="button button-outlined" onClick={() => thread.load()}>
              {t.tryAgain}
            </button>
          )}
        </div>
      )}
      {isEmpty && (
        <div className="empty">
          <p>
            <strong>{t.noMessages}</strong>
            {t.noMessagesHint}
          </p>
        </div>
      )}
      {isReady && !isEmpty && <MessageList thread={thread} conversation={conversation} name={name} />}
    </div>
  );
}
