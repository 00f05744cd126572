import type { Conversation } from "@parloir/contracts/shapes.ts";
import { type MouseEvent, memo, type ReactNode } from "react";
import { Avatar } from "../avatar.tsx";
import { MessageBadge } from "../badge.tsx";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { Sentence } from "../sentence.tsx";
import { nameOf, othersOf, previewOf } from "../thread/names.ts";
import { useSelected } from "../use-snapshot.ts";

export interface ConversationCardProps {
  conversation: Conversation;
  isOpen?: boolean;
  onOpen: (conversationId: string) => void;
  /** Where it is, for who opens it in a tab of its own; without an address it is a button. */
  href?: string | undefined;
}

/** A conversation in a list: with whom, the last message, what is unread. */
export const ConversationCard = memo(function ConversationCard(props: ConversationCardProps) {
  const { conversation, isOpen = false, onOpen, href } = props;

  function open(event: MouseEvent) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    onOpen(conversation.id);
  }

  const shared = {
    className: "row",
    "data-unread": conversation.unreadCount > 0 ? "" : undefined,
    "data-testid": "conversation",
    "data-conversation-id": conversation.id,
    onClick: open,
  };
  if (href === undefined)
    return (
      <button type="button" {...shared} aria-current={isOpen || undefined}>
        <Lines conversation={conversation} />
      </button>
    );
  return (
    <a {...shared} href={href} aria-current={isOpen ? "page" : undefined}>
      <Lines conversation={conversation} />
    </a>
  );
});

function Lines({ conversation }: { conversation: Conversation }) {
  const { t, formats } = useTexts();
  const client = useClient();
  const me = client.me();
  const typing = useSelected(client.typing, (state) => state[conversation.id]);
  const { lastMessage, unreadCount } = conversation;
  const name = nameOf(conversation, me, t);
  const muted = isMuted(conversation);
  const date = new Date(lastMessage?.createdAt ?? conversation.createdAt);

  let preview: ReactNode = conversation.subject?.title ?? t.noMessages;
  if (lastMessage) {
    const text = lastMessage.deletedAt === null ? previewOf(lastMessage) : t.deleted;
    preview = lastMessage.senderId === me ? t.youSaid(text) : text;
  }
  if (typing && typing.length > 0) {
    const writer = conversation.participants.find((one) => one.userId === typing[0])?.name ?? t.unnamed;
    preview =
      typing.length === 1 ? <Sentence say={t.typingOne} name={writer} /> : t.typingSeveral(typing.length);
  }

  return (
    <>
      <span className="row-avatar">
        <Avatar name={name} url={othersOf(conversation, me)[0]?.avatarUrl} />
      </span>
      <span className="row-name" dir="auto">
        {name}
      </span>
      <time className="row-time" dateTime={date.toISOString()}>
        {formats.brief(date)}
      </time>
      <span className="row-preview" dir="auto" data-testid="preview">
        {preview}
      </span>
      {(muted || unreadCount > 0) && (
        <span className="row-marks">
          {muted && (
            <span role="img" aria-label={t.muted} title={t.muted} data-testid="muted">
              <Icon name="muted" size={16} />
            </span>
          )}
          <MessageBadge count={unreadCount} testId="unread" />
        </span>
      )}
    </>
  );
}

function isMuted({ mutedUntil }: Conversation): boolean {
  return mutedUntil !== null && Date.parse(mutedUntil) > Date.now();
}
