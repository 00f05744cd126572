import { useSelected } from "@parloir/client/react/use-snapshot.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import { type MouseEvent, memo } from "react";
import { Avatar } from "../avatar.tsx";
import { useLanguage } from "../languages/language.tsx";
import { addressOf, go } from "../route.ts";
import { useClient } from "./client-context.tsx";
import { nameOf, othersOf, previewOf } from "./names.ts";

interface ConversationRowProps {
  conversation: Conversation;
  isOpen: boolean;
}

export const ConversationRow = memo(function ConversationRow({ conversation, isOpen }: ConversationRowProps) {
  const { t, formats } = useLanguage();
  const client = useClient();
  const me = client.me();
  const typing = useSelected(client.typing, (state) => state[conversation.id]);
  const { lastMessage, unreadCount } = conversation;
  const name = nameOf(conversation, me, t.unnamed);
  const date = new Date(lastMessage?.createdAt ?? conversation.createdAt);
  const address = addressOf(conversation.id);

  function open(event: MouseEvent) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(address);
  }

  let preview = conversation.subject?.title ?? t.noMessages;
  if (lastMessage) {
    const text = lastMessage.deletedAt === null ? previewOf(lastMessage) : t.deleted;
    preview = lastMessage.senderId === me ? t.youSaid(text) : text;
  }
  if (typing && typing.length > 0) {
    const writer = conversation.participants.find((one) => one.userId === typing[0])?.name ?? t.unnamed;
    preview = typing.length === 1 ? t.typingOne(writer) : t.typingSeveral(typing.length);
  }

  return (
    <a
      className="row"
      href={address}
      aria-current={isOpen ? "page" : undefined}
      data-unread={unreadCount > 0 ? "" : undefined}
      data-testid="conversation"
      data-conversation-id={conversation.id}
      onClick={open}
    >
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
      {unreadCount > 0 && (
        <span className="badge" data-testid="unread">
          <span aria-hidden="true">{unreadCount > 99 ? "99+" : unreadCount}</span>
          <span className="visually-hidden">{t.unreadCount(unreadCount)}</span>
        </span>
      )}
    </a>
  );
});
