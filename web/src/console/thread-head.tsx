import { Avatar } from "@parloir/client/react/avatar.tsx";
import { CallButton } from "@parloir/client/react/calls/lazy.tsx";
import { Icon } from "@parloir/client/react/icons.tsx";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import type { ReactNode } from "react";
import { useLanguage } from "../languages/language.tsx";
import type { StatusAction } from "./actions.ts";
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
        <h2 dir="auto" title={name}>
          {name}
        </h2>
        {conversation && <About conversation={conversation} />}
      </div>
      {conversation && <CallButton conversationId={conversation.id} conversation={conversation} />}
      {conversation ? <HeadActions conversation={conversation}>{customer}</HeadActions> : customer}
    </header>
  );
}

/** What it is about, and that it is not open when it is not. */
function About({ conversation: { subject, status } }: { conversation: Conversation }) {
  const t = useConsoleTexts();
  const said = [status !== "open" && t.status[status], subject?.title].filter(Boolean).join(" · ");
  if (said === "") return null;
  return (
    <p className="thread-subject" dir="auto" title={said}>
      {said}
    </p>
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
      {status === "open" && <StatusButton conversation={conversation} action="pending" />}
      {status !== "open" && <StatusButton conversation={conversation} action="reopen" />}
      {status !== "closed" && <StatusButton conversation={conversation} action="close" />}
      {children}
    </div>
  );
}

function StatusButton({ conversation, action }: { conversation: Conversation; action: StatusAction }) {
  const t = useConsoleTexts();
  const { actions } = useConsole();
  return (
    <button
      type="button"
      className={action === "close" ? "button button-filled" : "button button-outlined"}
      data-testid={`set-${action}`}
      onClick={() => void actions.setStatus(conversation, action)}
    >
      {t[action]}
    </button>
  );
}
