import type { Message, Participant, SystemLine } from "@parloir/contracts/shapes.ts";
import type { Pending } from "../../core/outbox.ts";
import type { ThreadState } from "../../core/thread.ts";
import { useWidget } from "./widget-context.ts";

export interface BubbleData {
  /** The same while it is pending and after. */
  key: string;
  own: boolean;
  senderId: string;
  content: string;
  at: Date;
  state: "sending" | "sent" | "read" | "failed" | null;
  edited: boolean;
  deleted: boolean;
  clientMessageId: string;
  /** A line that nobody wrote. */
  system: SystemLine | null;
}

export function bubblesOf(state: ThreadState, me: string | null, readUpTo: number): BubbleData[] {
  const confirmed = (message: Message): BubbleData => {
    const own = message.senderId === me;
    return {
      key: `${message.senderId} ${message.clientMessageId}`,
      own,
      senderId: message.senderId,
      content: message.content,
      at: new Date(message.createdAt),
      state: own ? (message.seq <= readUpTo ? "read" : "sent") : null,
      edited: message.editedAt !== null,
      deleted: message.deletedAt !== null,
      clientMessageId: message.clientMessageId,
      system: message.system ?? null,
    };
  };
  const waiting = (item: Pending): BubbleData => ({
    key: `${me} ${item.clientMessageId}`,
    own: true,
    senderId: me ?? "",
    content: item.content,
    at: new Date(item.createdAt),
    state: item.state,
    edited: false,
    deleted: false,
    clientMessageId: item.clientMessageId,
    system: null,
  });
  return [...[...state.messages, ...state.stored].map(confirmed), ...state.pending.map(waiting)];
}

interface BubbleProps {
  bubble: BubbleData;
  next: BubbleData | undefined;
  /** Where there are several others, who wrote it is said. */
  names: readonly Participant[];
}

const groupMs = 300_000;

export function Bubble({ bubble, next, names }: BubbleProps) {
  const { client, t, language } = useWidget();
  const { own, senderId, at, state, deleted, edited, content, clientMessageId } = bubble;
  const ends =
    !next || next.senderId !== senderId || next.state !== state || next.at.getTime() - at.getTime() > groupMs;
  const words = { sending: t.sending, sent: t.sent, read: t.read, failed: t.notSent };
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(at);
  const author = names.find(({ userId }) => userId === senderId)?.name;
  return (
    <div className="message" data-own={own || undefined} data-ends={ends || undefined}>
      {author !== undefined && !own && <span className="author">{author}</span>}
      <div className="bubble" dir="auto" data-testid="bubble" data-deleted={deleted || undefined}>
        {deleted ? t.deleted : <Linked text={content} />}
      </div>
      {(ends || state === "failed") && (
        <p className="meta" data-failed={state === "failed" || undefined}>
          <time dateTime={at.toISOString()}>{time}</time>
          {edited && !deleted && ` · ${t.edited}`}
          {state !== null && ` · ${words[state]}`}
          {state === "failed" && (
            <button type="button" className="link" onClick={() => client.retry(clientMessageId)}>
              {t.again}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

const link = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g;

/** Addresses that say their scheme become links; everything else stays text. Nothing is read as HTML. */
function Linked({ text }: { text: string }) {
  return text.split(link).map((part, index) => {
    const key = index; // Parts of one fixed text never move.
    if (index % 2 === 0) return <span key={key}>{part}</span>;
    return (
      <a key={key} href={part} target="_blank" rel="noopener noreferrer">
        {part}
      </a>
    );
  });
}
