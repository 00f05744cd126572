import type { ReactNode } from "react";
import { useClient } from "../client-context.tsx";
import { useTexts } from "../language.tsx";
import { ConversationList } from "../list/conversation-list.tsx";
import { ChatWindow } from "../thread/chat-window.tsx";
import { useSelected } from "../use-snapshot.ts";

export interface MessengerProps {
  /** Begins a new conversation. */
  onNew?: () => void;
  /** What stands where no conversation is open. */
  empty?: ReactNode;
  /** One above the other instead of beside each other, as in a narrow place. */
  stacked?: boolean;
}

/** The list of conversations and the one that is chosen. */
export function Messenger({ onNew, empty, stacked = false }: MessengerProps) {
  const { t } = useTexts();
  const client = useClient();
  const openId = useSelected(client.viewing, ({ conversationId }) => conversationId);
  return (
    <div
      className="parloir messenger"
      data-stacked={stacked || undefined}
      data-pane={openId === null ? "list" : "thread"}
    >
      <ConversationList openId={openId} onOpen={client.open} {...(onNew ? { onNew } : {})} />
      {openId === null ? (
        <section className="thread" aria-label={t.messages}>
          <div className="empty">
            {empty ?? (
              <p>
                <strong>{t.pickConversation}</strong>
                {t.pickConversationHint}
              </p>
            )}
          </div>
        </section>
      ) : (
        <ChatWindow key={openId} conversationId={openId} onBack={() => client.open(null)} />
      )}
    </div>
  );
}

/** A messenger for the person who answers an application's clients: all their conversations on one page. */
export function AdminChat({ height = 640 }: { height?: number }) {
  return (
    <div className="parloir chat-box" style={{ height }} data-testid="admin-chat">
      <Messenger />
    </div>
  );
}
