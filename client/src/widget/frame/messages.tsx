import type { Participant } from "@parloir/contracts/shapes.ts";
import { systemText } from "../../core/system-text.ts";
import { isoDay } from "../../react/texts/formats.ts";
import { type Row, showsMeta } from "../../react/thread/rows.ts";
import { Files } from "./files.tsx";
import { useWidget } from "./widget-context.ts";

interface MessageProps {
  row: Row;
  next: Row | undefined;
  participants: readonly Participant[];
  /** Where there are several others, who wrote it is said. */
  named: boolean;
}

/** One message with what stands before it: the day, and where the unread ones begin. */
export function Message({ row, next, participants, named }: MessageProps) {
  const { client, t, language, formats } = useWidget();
  const author = participants.find(({ userId }) => userId === row.senderId)?.name;
  return (
    <>
      {row.startsDay && (
        <p className="divider" data-testid="day">
          <time dateTime={isoDay(row.createdAt)}>{formats.day(row.createdAt)}</time>
        </p>
      )}
      {row.startsUnread && (
        <p className="divider" data-unread="">
          {t.fresh}
        </p>
      )}
      {row.system ? (
        <p className="system" data-testid="system-line">
          {systemText(language, row.system, participants, client.me())}
        </p>
      ) : (
        <div className="message" data-own={row.own || undefined} data-starts={row.startsGroup || undefined}>
          {named && row.startsGroup && !row.own && author !== undefined && (
            <bdi className="author">{author}</bdi>
          )}
          <div className="bubble" dir="auto" data-testid="bubble" data-deleted={row.deleted || undefined}>
            {row.deleted ? t.deleted : row.content && <Linked text={row.content} />}
            {row.attachments.length > 0 && <Files files={row.attachments} />}
          </div>
          {showsMeta(row, next) && <Meta row={row} />}
        </div>
      )}
    </>
  );
}

function Meta({ row }: { row: Row }) {
  const { client, t, formats } = useWidget();
  const { createdAt, clientMessageId, edited, deleted, delivery } = row;
  const words = { sending: t.sending, sent: t.sent, read: t.read, failed: t.notSent };
  return (
    <p className="meta" data-failed={delivery === "failed" || undefined}>
      <time dateTime={createdAt.toISOString()} title={formats.full(createdAt)}>
        {formats.time(createdAt)}
      </time>
      {edited && !deleted && ` · ${t.edited}`}
      {delivery !== null && ` · ${words[delivery]}`}
      {delivery === "failed" && (
        <>
          {" "}
          <button type="button" className="link" onClick={() => client.retry(clientMessageId)}>
            {t.again}
          </button>{" "}
          <button type="button" className="link" onClick={() => client.discard(clientMessageId)}>
            {t.discard}
          </button>
        </>
      )}
    </p>
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
