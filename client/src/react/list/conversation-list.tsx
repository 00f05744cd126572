import { useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSnapshot } from "../use-snapshot.ts";
import { Archived } from "./archived.tsx";
import { ConversationCards, type ConversationCardsProps } from "./conversation-cards.tsx";

export interface ConversationListProps extends ConversationCardsProps {
  /** Without it no new conversation can be begun from here. */
  onNew?: () => void;
}

export function ConversationList({ onNew, ...cards }: ConversationListProps) {
  const { t } = useTexts();
  const client = useClient();
  const { status, items: all, hasMore, unreadTotal } = useSnapshot(client.conversations);
  const [showsArchived, setShowsArchived] = useState(false);
  const items = all.filter(({ archived }) => !archived);

  if (showsArchived)
    return (
      <nav className="list" aria-label={t.archived}>
        <Archived {...cards} onBack={() => setShowsArchived(false)} />
      </nav>
    );
  return (
    <nav className="list" aria-label={t.conversations}>
      <div className="list-head">
        <h1>
          {t.messages}
          {unreadTotal > 0 && <span className="visually-hidden"> ({t.unreadCount(unreadTotal)})</span>}
        </h1>
        {onNew && (
          <button
            type="button"
            className="button button-icon button-quiet"
            aria-label={t.newConversation}
            title={t.newConversation}
            data-testid="new-conversation"
            onClick={onNew}
          >
            <Icon name="plus" />
          </button>
        )}
      </div>
      <div className="list-scroll">
        <ConversationCards items={items} {...cards} />
        {hasMore && (
          <div className="list-more">
            <button
              type="button"
              className="button button-outlined"
              onClick={() => client.loadMoreConversations().catch(() => undefined)}
            >
              {t.moreConversations}
            </button>
          </div>
        )}
        {status === "ready" && (
          <div className="list-more">
            <button
              type="button"
              className="button button-quiet"
              data-testid="archived"
              onClick={() => setShowsArchived(true)}
            >
              <Icon name="archive" size={16} />
              {t.archivedCount(all.reduce((sum, each) => sum + (each.archived ? each.unreadCount : 0), 0))}
            </button>
          </div>
        )}
        {items.length === 0 && status === "loading" && (
          <p className="empty" role="status">
            {t.loading}
          </p>
        )}
        {items.length === 0 && status === "failed" && (
          <div className="empty" role="alert">
            <p>{t.listFailed}</p>
            <button
              type="button"
              className="button button-outlined"
              onClick={() => void client.refreshConversations()}
            >
              {t.tryAgain}
            </button>
          </div>
        )}
        {items.length === 0 && status === "ready" && (
          <div className="empty">
            <p>
              <strong>{t.noConversations}</strong>
              {t.noConversationsHint}
            </p>
            {onNew && (
              <button type="button" className="button button-filled" onClick={onNew}>
                {t.newConversation}
              </button>
            )}
          </div>
        )}
      </div>
    </nav>
  );
}
