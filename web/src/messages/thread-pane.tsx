import { CallButton } from "@parloir/client/react/calls/lazy.tsx";
import { ChatWindow } from "@parloir/client/react/thread/chat-window.tsx";
import { ConversationMenu } from "@parloir/client/react/thread/conversation-menu.tsx";
import { useLanguage } from "../languages/language.tsx";
import { go } from "../route.ts";

export function ThreadPane({ conversationId }: { conversationId: string | null }) {
  const { t } = useLanguage();
  if (conversationId !== null)
    return (
      <ChatWindow
        conversationId={conversationId}
        onBack={() => go("/messages")}
        tools={
          <>
            <CallButton conversationId={conversationId} />
            <ConversationMenu conversationId={conversationId} onGone={() => go("/messages")} />
          </>
        }
      />
    );
  return (
    <section className="thread" aria-label={t.messages}>
      <div className="empty">
        <p>
          <strong>{t.pickConversation}</strong>
          {t.pickConversationHint}
        </p>
      </div>
    </section>
  );
}
