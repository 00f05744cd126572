import { createNotes, type Notes } from "@parloir/client/core/support/notes.ts";
import { Composer } from "@parloir/client/react/thread/composer.tsx";
import { MessageList } from "@parloir/client/react/thread/message-list.tsx";
import { ThreadActions } from "@parloir/client/react/thread/thread-ui.tsx";
import { TypingIndicator } from "@parloir/client/react/thread/typing-indicator.tsx";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import { useEffect, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { Company } from "./company.tsx";
import { customerOf } from "./customer.ts";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";
import { NoteComposer } from "./note-composer.tsx";
import { useNotesBySeq } from "./notes.tsx";
import { ThreadHead } from "./thread-head.tsx";
import { useCannedReplies } from "./use-canned-replies.tsx";

export interface SupportThreadProps {
  conversationId: string | null;
  conversation: Conversation | undefined;
  writes: "reply" | "note";
  setWrites: (what: "reply" | "note") => void;
  onBack: () => void;
  onContext: () => void;
  onCanned: () => void;
  showsContext: boolean;
}

export function SupportThread(props: SupportThreadProps) {
  const t = useConsoleTexts();
  if (props.conversationId !== null) return <OpenThread {...props} conversationId={props.conversationId} />;
  return (
    <section className="thread" aria-label={t.pick}>
      <div className="empty">
        <p>
          <strong>{t.pick}</strong>
          {t.pickHint}
        </p>
      </div>
    </section>
  );
}

function OpenThread(props: SupportThreadProps & { conversationId: string }) {
  const { t: words } = useLanguage();
  const { conversationId, conversation, writes } = props;
  const { client } = useConsole();
  const { error } = useSnapshot(client.thread(conversationId).state);
  const [notes, setNotes] = useState<Notes | null>(null);
  const name = (conversation && customerOf(conversation)?.name) ?? "";

  useEffect(() => {
    const next = createNotes(client, conversationId);
    setNotes(next);
    return () => next.close();
  }, [client, conversationId]);

  return (
    <ThreadActions conversationId={conversationId} moderates>
      <section
        className="thread"
        aria-label={words.history(name)}
        data-testid="thread"
        data-conversation-id={conversationId}
        data-writes={writes}
      >
        <ThreadHead {...props} name={name} />
        <Company conversationId={conversationId} />
        {notes && <Log {...props} notes={notes} name={name} />}
        <TypingIndicator conversationId={conversationId} />
        {error?.code !== "NOT_FOUND" && conversation && notes && (
          <Writing {...props} conversation={conversation} notes={notes} name={name} />
        )}
      </section>
    </ThreadActions>
  );
}

type LogProps = SupportThreadProps & { conversationId: string; notes: Notes; name: string };

function Log({ conversationId, conversation, notes, name }: LogProps) {
  const { t: words } = useLanguage();
  const { client } = useConsole();
  const thread = client.thread(conversationId);
  const { status, error, messages, pending } = useSnapshot(thread.state);
  const bySeq = useNotesBySeq(notes);
  const isEmpty = status === "ready" && messages.length === 0 && pending.length === 0;
  return (
    <div className="thread-log">
      {status === "loading" && messages.length === 0 && (
        <p className="empty" role="status">
          {words.loading}
        </p>
      )}
      {status === "failed" && (
        <div className="empty" role="alert">
          <p>{words.threadFailed}</p>
          {error?.code !== "NOT_FOUND" && (
            <button type="button" className="button button-outlined" onClick={() => thread.load()}>
              {words.tryAgain}
            </button>
          )}
        </div>
      )}
      {isEmpty && (
        <div className="empty">
          <p>
            <strong>{words.noMessages}</strong>
          </p>
          {bySeq.get(0)}
        </div>
      )}
      {!isEmpty && status === "ready" && (
        <MessageList thread={thread} conversation={conversation} name={name} notes={bySeq} />
      )}
    </div>
  );
}

/** A reply to the customer, or a note for the team: never one in the place of the other. */
function Writing(props: LogProps & { conversation: Conversation }) {
  const t = useConsoleTexts();
  const { conversationId, writes, setWrites, notes, name, onCanned } = props;
  return (
    <div className="writing" data-writes={writes}>
      <div className="writing-tabs">
        <fieldset className="tabs" aria-label={t.writing}>
          {(["reply", "note"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={each === writes} onClick={() => setWrites(each)}>
              {t[each]}
            </button>
          ))}
        </fieldset>
        <button type="button" className="button-text" onClick={onCanned}>
          {t.cannedManage}
        </button>
      </div>
      {writes === "reply" ? (
        <Composer
          conversationId={conversationId}
          name={name}
          useSuggestions={useCannedReplies}
          takesFocus={false}
        />
      ) : (
        <NoteComposer conversationId={conversationId} notes={notes} />
      )}
    </div>
  );
}
