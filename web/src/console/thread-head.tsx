import { Avatar } from "@parloir/client/react/avatar.tsx";
import { CallButton } from "@parloir/client/react/calls/lazy.tsx";
import { Icon } from "@parloir/client/react/icons.tsx";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import type { ReactNode } from "react";
import { useLanguage } from "../languages/language.tsx";
import { AssigneeSelect } from "./assignee-select.tsx";
import { customerOf } from "./customer.ts";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

interface ThreadHeadProps {
  conversation: Conversation | undefined;
  name: string;
  onBack: () => void;
  onContext: () => void;
  showsContext: boolean;
}

/** Whose it is, who has it, and what is done with it. */
export function ThreadHead({ conversation, name, onBack, onContext, showsContext }: ThreadHeadProps) {
  const { t: words } = useLanguage();
  const t = useConsoleTexts();
  const customer = (
    <button
      type="button"
      className="button button-outlined console-context-button"
      aria-pressed={showsContext}
      aria-label={t.showContext}
      onClick={onContext}
    >
      {t.context}
    </button>
  );
  return (
    <header className="thread-head console-head">
      <button
        type="button"
        className="button button-icon button-quiet only-phone"
        aria-label={words.back}
        onClick={onBack}
      >
        <Icon name="back" />
      </button>
      <Avatar name={name} url={conversation && customerOf(conversation)?.avatarUrl} />
      <div className="thread-who">
        <h2 dir="auto">{name}</h2>
        {conversation?.subject && <p className="thread-subject">{conversation.subject.title}</p>}
      </div>
      <span className="bar-gap" />
      {conversation && <CallButton conversationId={conversation.id} conversation={conversation} />}
      {conversation ? <HeadActions conversation={conversation}>{customer}</HeadActions> : customer}
    </header>
  );
}

function HeadActions({ conversation, children }: { conversation: Conversation; children: ReactNode }) {
  const t = useConsoleTexts();
  const { actions, me } = useConsole();
  const { status, assigneeId } = conversation;
  return (
    <div className="console-actions" data-testid="actions" data-status={status}>
      {assigneeId !== me.id && (
        <button
          type="button"
          className="button button-outlined"
          data-testid="assign-me"
          onClick={() => void actions.assign(conversation, me.id)}
        >
          {t.assignMe}
        </button>
      )}
      <AssigneeSelect
        assigneeId={assigneeId}
        onChoose={(id) => id !== assigneeId && void actions.assign(conversation, id)}
      />
      {status === "open" && (
        <button
          type="button"
          className="button button-outlined"
          onClick={() => void actions.setStatus(conversation, "pending")}
        >
          {t.pending}
        </button>
      )}
      <button
        type="button"
        className={status === "closed" ? "button button-outlined" : "button button-filled"}
        data-testid="close-or-reopen"
        onClick={() => void actions.setStatus(conversation, status === "open" ? "close" : "reopen")}
      >
        {status === "open" ? t.close : t.reopen}
      </button>
      {children}
    </div>
  );
}
