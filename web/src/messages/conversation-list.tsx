import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useState } from "react";
import { Icon } from "../icons.tsx";
import { useLanguage } from "../languages/language.tsx";
import { useClient } from "./client-context.tsx";
import { ConversationRow } from "./conversation-row.tsx";
import { NewConversation } from "./new-conversation.tsx";

export function ConversationList({ openId }: { openId: string | null }) {
  const { t } = useLanguage();
  const client = useClient();
  const { status, items, hasMore, unreadTotal } = useSnapshot(client.conversations);
  const [choosing, setChoosing] = useState(false);

  return (
    <nav className="list" aria-label={t.conversations}>
      <div className="list-head">
        <h1>
          {t.messages}
          {unreadTotal > 0 && <span className="visually-hidden"> ({t.unreadCount(unreadTotal)})</span>}
        </h1>
        <button
          type="button"
          className="button button-icon button-quiet"
          aria-label={t.newConversation}
          title={t.newConversation}
          data-testid="new-conversation"
          onClick={() => setChoosing(true)}
        >
          <Icon name="plus" />
        </button>
      </div>
      <div className="list-scroll">
        {items.length > 0 && (
          <ul data-testid="conversations">
            {items.map((item) => (
              <li key={item.id}>
                <ConversationRow conversation={item} isOpen={item.id === openId} />
              </li>
            ))}
          </ul>
        )}
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
            <button type="button" className="button button-filled" onClick={() => setChoosing(true)}>
              {t.newConversation}
            </button>
          </div>
        )}
      </div>
      {choosing && <NewConversation onClose={() => setChoosing(false)} />}
    </nav>
  );
}
