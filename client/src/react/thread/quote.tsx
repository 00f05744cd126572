import type { Conversation, Message } from "@parloir/contracts/shapes.ts";
import { useEffect, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSelected } from "../use-snapshot.ts";
import { previewOf } from "./names.ts";
import { useThreadUi } from "./thread-ui.tsx";

interface QuoteProps {
  conversationId: string;
  seq: number;
  conversation: Conversation | undefined;
}

/** What a message answers, above it: who said it and what, as it stands now. A click leads there. */
export function Quote({ seq, ...props }: QuoteProps) {
  const ui = useThreadUi();
  const { t } = useTexts();
  return (
    <button
      type="button"
      className="quote"
      title={t.goToMessage}
      data-testid="quote"
      disabled={!ui}
      onClick={() => ui?.jumpTo(seq)}
    >
      <QuotedLines {...props} seq={seq} />
    </button>
  );
}

function QuotedLines({ conversationId, seq, conversation }: QuoteProps) {
  const { t } = useTexts();
  const me = useClient().me();
  const message = useMessage(conversationId, seq);
  if (message === null) return <span className="quote-text">{t.quoteGone}</span>;
  if (message === undefined) return <span className="quote-text">…</span>;
  const author =
    message.senderId === me
      ? t.you
      : conversation?.participants.find((one) => one.userId === message.senderId)?.name;
  return (
    <>
      <span className="quote-author">{author ?? t.unnamed}</span>
      <span className="quote-text" dir="auto">
        {message.deletedAt === null ? previewOf(message) : t.deleted}
      </span>
    </>
  );
}

/** From the thread as far as it is loaded, else read once. Undefined: on its way; null: not there for this person. */
function useMessage(conversationId: string, seq: number): Message | null | undefined {
  const client = useClient();
  const thread = client.thread(conversationId);
  const loaded = useSelected(thread.state, ({ messages }) => {
    const first = messages[0]?.seq;
    return first === undefined || seq < first ? undefined : messages[seq - first];
  });
  const [read, setRead] = useState<Message | null>();
  const isMissing = loaded === undefined;
  useEffect(() => {
    if (!isMissing) return;
    const path = `/api/messages?conversationId=${conversationId}&after=${seq - 1}&limit=1`;
    client.rest<{ messages: Message[] }>("GET", path).then(
      ({ messages }) => setRead(messages[0]?.seq === seq ? messages[0] : null),
      () => setRead(null),
    );
  }, [client, conversationId, seq, isMissing]);
  return loaded ?? read;
}

/** Above the composer: what the next message will answer. */
export function ReplyBar({ conversationId, conversation }: Omit<QuoteProps, "seq">) {
  const ui = useThreadUi();
  const { t } = useTexts();
  if (!ui || ui.replyTo === null) return null;
  return (
    <div className="reply-bar" data-testid="reply-bar">
      <Icon name="reply" size={16} />
      <span className="reply-quote">
        <QuotedLines conversationId={conversationId} seq={ui.replyTo} conversation={conversation} />
      </span>
      <button
        type="button"
        className="button button-icon button-quiet"
        aria-label={t.cancelReply}
        onClick={() => ui.setReplyTo(null)}
      >
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
