import { Avatar } from "@parloir/client/react/avatar.tsx";
import { MessageBadge } from "@parloir/client/react/badge.tsx";
import { Sentence } from "@parloir/client/react/sentence.tsx";
import { previewOf } from "@parloir/client/react/thread/names.ts";
import { useSelected } from "@parloir/client/react/use-snapshot.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import { type MouseEvent, memo, type ReactNode } from "react";
import { useLanguage } from "../languages/language.tsx";
import { type ConsoleAddress, writeAddress } from "./address.ts";
import { customerOf, isWaiting } from "./customer.ts";
import { useAgentName, useConsole, useConsoleTexts } from "./desk-context.tsx";

interface ListRowProps {
  conversation: Conversation;
  unread: number;
  isOpen: boolean;
  /** It no longer fits the list, and stands only because the pointer is there. */
  isGone: boolean;
  isSelected: boolean;
  onSelect: (id: string, on: boolean, isRange: boolean) => void;
  address: ConsoleAddress;
  go: (change: Partial<ConsoleAddress>) => void;
}

export const ListRow = memo(function ListRow(props: ListRowProps) {
  const { conversation, unread, isOpen, isGone, isSelected } = props;
  const t = useConsoleTexts();
  const { t: words } = useLanguage();
  const { id } = conversation;
  const name = customerOf(conversation)?.name ?? words.unnamed;

  function open(event: MouseEvent) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    props.go({ conversationId: id });
  }

  return (
    <div className="console-row" data-gone={isGone || undefined} data-selected={isSelected || undefined}>
      <label className="console-row-select">
        <input
          type="checkbox"
          checked={isSelected}
          aria-label={t.select(name)}
          onChange={() => undefined}
          onClick={(event) => props.onSelect(id, !isSelected, event.shiftKey)}
        />
      </label>
      <a
        className="row"
        href={writeAddress({ ...props.address, conversationId: id })}
        aria-current={isOpen ? "page" : undefined}
        data-unread={unread > 0 ? "" : undefined}
        data-testid="console-row"
        data-conversation-id={id}
        onClick={open}
      >
        <span className="row-avatar">
          <Avatar name={name} url={customerOf(conversation)?.avatarUrl} />
        </span>
        <span className="row-name" dir="auto">
          {name}
        </span>
        <RowTime conversation={conversation} />
        <Preview conversation={conversation} />
        <MessageBadge count={unread} testId="unread" />
        <RowState conversation={conversation} isGone={isGone} />
      </a>
    </div>
  );
});

function RowTime({ conversation: { updatedAt } }: { conversation: Conversation }) {
  const { formats } = useLanguage();
  return (
    <time className="row-time" dateTime={updatedAt}>
      {formats.brief(new Date(updatedAt))}
    </time>
  );
}

function Preview({ conversation }: { conversation: Conversation }) {
  const { t } = useLanguage();
  const { client, me } = useConsole();
  const typing = useSelected(client.typing, (state) => state[conversation.id]);
  const { lastMessage, participants, subject } = conversation;
  const nameOf = (userId: string | undefined) =>
    participants.find((one) => one.userId === userId)?.name ?? t.unnamed;
  let text: ReactNode = subject?.title ?? t.noMessages;
  if (lastMessage) {
    const said = lastMessage.deletedAt === null ? previewOf(lastMessage) : t.deleted;
    const isCustomers = lastMessage.senderId === customerOf(conversation)?.userId;
    const who = lastMessage.senderId === me.id ? t.you : nameOf(lastMessage.senderId);
    text = isCustomers ? said : t.newFrom(who, said);
  }
  if (typing && typing.length > 0)
    text =
      typing.length === 1 ? (
        <Sentence say={t.typingOne} name={nameOf(typing[0])} />
      ) : (
        t.typingSeveral(typing.length)
      );
  return (
    <span className="row-preview" dir="auto" data-testid="preview">
      {text}
    </span>
  );
}

/** What is to know before opening it: its state, who has it, whether somebody waits. */
function RowState({ conversation, isGone }: { conversation: Conversation; isGone: boolean }) {
  const t = useConsoleTexts();
  const { me } = useConsole();
  const agentName = useAgentName();
  const { status, assigneeId, subject, lastMessage } = conversation;
  return (
    <span className="console-row-state">
      {isGone && <em>{t.left}</em>}
      {isWaiting(conversation) && <span className="state-waiting">{t.waiting}</span>}
      {status !== "open" && <span>{t.status[status]}</span>}
      {assigneeId !== null && <span>{assigneeId === me.id ? t.you : agentName(assigneeId)}</span>}
      {lastMessage && subject && <span className="console-row-subject">{subject.title}</span>}
    </span>
  );
}
