import { createContext, type ReactNode, useContext, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { MessageAddress } from "../../core/client.ts";
import { useClient } from "../client-context.tsx";
import { useTexts } from "../language.tsx";

/** What a person is about to do in a thread, shared by its list and its composer. */
export interface ThreadUi {
  /** One may delete what others wrote; the server decides, this only offers it. */
  moderates: boolean;
  /** The message that the next one answers. */
  replyTo: number | null;
  setReplyTo(seq: number | null): void;
  /** The own message that is being changed, in its place. */
  editing: number | null;
  setEditing(seq: number | null): void;
  /** Its words so far: the row leaves the document when it is scrolled away. */
  editText: { current: string | null };
  /** Where the list is asked to go; a new object each time, so that the same place can be asked for again. */
  target: { seq: number } | null;
  /** Null: it stays where it is, also when it was on its way. */
  jumpTo(seq: number | null): void;
  /** What went wrong with the last change, in words. */
  problem: string | null;
  change(message: Omit<MessageAddress, "conversationId">, change: Change): Promise<boolean>;
}

export type Change =
  | { kind: "edit"; content: string }
  | { kind: "delete" }
  | { kind: "react"; emoji: string; on: boolean };

const ThreadUiContext = createContext<ThreadUi | null>(null);

/** Null where messages are shown only. */
export const useThreadUi = () => useContext(ThreadUiContext);

interface ThreadActionsProps {
  conversationId: string;
  moderates?: boolean;
  children: ReactNode;
}

/** Around a `MessageList` and its `Composer`: with it messages can be answered, changed and reacted to. */
export function ThreadActions({ conversationId, moderates = false, children }: ThreadActionsProps) {
  const client = useClient();
  const { t } = useTexts();
  const [replyTo, setReplyTo] = useState<number | null>(null);
  const [editing, setEditing] = useState<number | null>(null);
  const editText = useRef<string | null>(null);
  const [target, setTarget] = useState<ThreadUi["target"]>(null);
  const [problem, setProblem] = useState<string | null>(null);
  // Its messages may be there before the list that shows them.
  useLayoutEffect(() => client.awaitView(conversationId), [client, conversationId]);

  const ui = useMemo<ThreadUi>(
    () => ({
      moderates,
      replyTo,
      setReplyTo,
      editing,
      setEditing(seq) {
        editText.current = null;
        setEditing(seq);
      },
      editText,
      target,
      jumpTo: (seq) => setTarget(seq === null ? null : { seq }),
      problem,
      async change({ seq }, change) {
        setProblem(null);
        const message = { conversationId, seq };
        try {
          if (change.kind === "edit") await client.edit(message, change.content);
          else if (change.kind === "delete") await client.delete(message);
          else await client.react(message, change.emoji, change.on);
          return true;
        } catch {
          setProblem(t.changeFailed);
          return false;
        }
      },
    }),
    [client, conversationId, moderates, replyTo, editing, target, problem, t],
  );
  return <ThreadUiContext value={ui}>{children}</ThreadUiContext>;
}
