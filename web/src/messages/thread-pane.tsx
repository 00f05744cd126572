import { Avatar } from "@parloir/client/react/avatar.tsx";
import { useClient } from "@parloir/client/react/client-context.tsx";
import { Icon } from "@parloir/client/react/icons.tsx";
import { Composer } from "@parloir/client/react/thread/composer.tsx";
import { MessageList } from "@parloir/client/react/thread/message-list.tsx";
import { nameOf, othersOf } from "@parloir/client/react/thread/names.ts";
import { useSelected, useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useLanguage } from "../languages/language.tsx";
import { go } from "../route.ts";

export function ThreadPane({ conversationId }: { conversationId: string | null }) {
  const { t } = useLanguage();
  if (conversationId !== null) return <OpenThread conversationId={conversationId} />;
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

function OpenThread({ conversationId }: { conversationId: string }) {
  const { t } = useLanguage();
  const client = useClient();
  const conversation = useSelected(client.conversations, (state) =>
    state.items.find((item) => item.id === conversationId),
  );
  const thread = client.thread(conversationId);
  const { status, error, messages, pending } = useSnapshot(thread.state);
  const name = nameOf(conversation, client.me(), "");
  const isEmpty = status === "ready" && messages.length === 0 && pending.length === 0;

  return (
    <section
      className="thread"
      aria-label={t.history(name)}
      data-testid="thread"
      data-conversation-id={conversationId}
    >
      <header className="thread-head">
        <button
          type="button"
          className="button button-icon button-quiet only-phone"
          aria-label={t.back}
          onClick={() => go("/messages")}
        >
          <Icon name="back" />
        </button>
        <Avatar name={name} url={conversation && othersOf(conversation, client.me())[0]?.avatarUrl} />
        <div className="thread-who">
          <h1 dir="auto">{name || t.conversations}</h1>
          {conversation?.subject && <p className="thread-subject">{conversation.subject.title}</p>}
        </div>
      </header>
      <div className="thread-log">
        {status === "loading" && messages.length === 0 && (
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
        {!isEmpty && status === "ready" && (
          <MessageList thread={thread} conversation={conversation} name={name} />
        )}
      </div>
      <TypingLine conversationId={conversationId} />
      {error?.code !== "NOT_FOUND" && <Composer conversationId={conversationId} name={name} />}
    </section>
  );
}

export function TypingLine({ conversationId }: { conversationId: string }) {
  const { t } = useLanguage();
  const client = useClient();
  const typing = useSelected(client.typing, (state) => state[conversationId]) ?? [];
  const conversation = useSelected(client.conversations, (state) =>
    state.items.find((item) => item.id === conversationId),
  );
  const writer = conversation?.participants.find((one) => one.userId === typing[0])?.name ?? t.unnamed;
  return (
    <p className="thread-typing" data-testid="typing">
      {typing.length === 1 && t.typingOne(writer)}
      {typing.length > 1 && t.typingSeveral(typing.length)}
    </p>
  );
}
