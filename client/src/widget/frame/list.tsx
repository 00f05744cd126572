import type { Conversation } from "@parloir/contracts/shapes.ts";
import { useSnapshot } from "../../react/use-snapshot.ts";
import { Head } from "./head.tsx";
import { useWidget } from "./widget-context.ts";

interface ListProps {
  failed: boolean;
  onOpen: (conversationId: string) => void;
  onStart: () => void;
  onClose: () => void;
}

export function List({ failed, onOpen, onStart, onClose }: ListProps) {
  const { client, t } = useWidget();
  const { status, items, hasMore } = useSnapshot(client.conversations);
  return (
    <div className="pane">
      <Head title={t.title} onClose={onClose} />
      <div className="scroll">
        {status === "loading" && items.length === 0 && <p className="empty">{t.loading}</p>}
        {status === "ready" && items.length === 0 && (
          <p className="empty">
            <strong>{t.empty}</strong>
            {t.emptyHint}
          </p>
        )}
        <ul>
          {items.map((each) => (
            <li key={each.id}>
              <Row conversation={each} onOpen={() => onOpen(each.id)} />
            </li>
          ))}
        </ul>
        {hasMore && (
          <button type="button" className="more" onClick={() => void client.loadMoreConversations()}>
            …
          </button>
        )}
      </div>
      <footer className="foot">
        {failed && (
          <p role="alert" className="error">
            {t.failed}
          </p>
        )}
        <button type="button" className="filled" data-testid="start" onClick={onStart}>
          {t.start}
        </button>
      </footer>
    </div>
  );
}

function Row({ conversation, onOpen }: { conversation: Conversation; onOpen: () => void }) {
  const { client, t, language } = useWidget();
  const { lastMessage, unreadCount, updatedAt } = conversation;
  const at = new Date(updatedAt);
  const isToday = at.toDateString() === new Date().toDateString();
  const when = new Intl.DateTimeFormat(language, isToday ? { timeStyle: "short" } : { dateStyle: "short" });
  return (
    <button type="button" className="row" data-testid="conversation" onClick={onOpen}>
      <span className="row-name" dir="auto">
        {titleOf(conversation, client.me(), t.team)}
      </span>
      <time dateTime={updatedAt}>{when.format(at)}</time>
      <span className="row-text" dir="auto">
        {lastMessage?.deletedAt ? t.deleted : lastMessage?.content}
      </span>
      {unreadCount > 0 && (
        <span className="badge">
          <span aria-hidden="true">{unreadCount}</span>
          <span className="hidden">{t.unread(unreadCount)}</span>
        </span>
      )}
    </button>
  );
}

/** The others' names; of a conversation with the team nobody has answered yet, the team. */
export function titleOf(
  { participants, subject, kind }: Conversation,
  me: string | null,
  team: string,
): string {
  const names = participants.filter(({ userId }) => userId !== me).map(({ name }) => name);
  if (subject && (kind === "group" || names.length === 0)) return subject.title;
  return names.join(", ") || team;
}
