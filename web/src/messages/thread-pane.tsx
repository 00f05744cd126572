import { CallButton } from "@parloir/client/react/calls/lazy.tsx";
import { ChatWindow } from "@parloir/client/react/thread/chat-window.tsx";
import { ConversationMenu } from "@parloir/client/react/thread/conversation-menu.tsx";
import { lazy, Suspense, useState } from "react";
import { useHostTexts } from "../host/texts.ts";
import { useLanguage } from "../languages/language.tsx";
import { go } from "../route.ts";
import { MembersButton } from "./members-button.tsx";

const Source = lazy(() => import("./source.tsx"));

export function ThreadPane({ conversationId }: { conversationId: string | null }) {
  const { t } = useLanguage();
  const { source } = useHostTexts();
  const [showsSource, setShowsSource] = useState(false);
  if (conversationId !== null)
    return (
      <ChatWindow
        conversationId={conversationId}
        onBack={() => go("/messages")}
        tools={
          <>
            <CallButton conversationId={conversationId} />
            <MembersButton conversationId={conversationId} />
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
        <button
          type="button"
          className="button-text"
          data-testid="show-source"
          onClick={() => setShowsSource(true)}
        >
          {source}
        </button>
      </div>
      {showsSource && (
        <Suspense>
          <Source onClose={() => setShowsSource(false)} />
        </Suspense>
      )}
    </section>
  );
}
