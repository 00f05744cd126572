import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSelected } from "../use-snapshot.ts";
import { Attachments } from "./attachments.tsx";
import type { Delivery, Row } from "./rows.ts";
import { Text } from "./text.tsx";

interface MessageRowProps {
  row: Row;
  /** Show the hour and what became of it. */
  meta: boolean;
  /** Named only where more than two people write. */
  author: string | null;
  /** Nothing is before it. */
  first: boolean;
}

export function MessageRow({ row, meta, author, first }: MessageRowProps) {
  const { t, formats } = useTexts();
  return (
    <div data-testid="message" data-seq={row.seq ?? undefined}>
      {first && <p className="thread-start">{t.threadStart}</p>}
      {row.startsDay && (
        <div className="divider" data-testid="day">
          <time dateTime={row.createdAt.toISOString().slice(0, 10)}>{formats.day(row.createdAt)}</time>
        </div>
      )}
      {row.startsUnread && (
        <div className="divider divider-unread" data-testid="unread-divider">
          {t.unread}
        </div>
      )}
      {row.kind === "system" ? (
        <p className="message-system" dir="auto">
          {row.content}
        </p>
      ) : (
        <div
          className="message"
          data-own={row.own ? "" : undefined}
          data-starts={row.startsGroup ? "" : undefined}
          data-ends={row.endsGroup ? "" : undefined}
          data-delivery={row.delivery ?? undefined}
        >
          {author !== null && <span className="message-author">{author}</span>}
          {row.own && <span className="visually-hidden">{t.you}</span>}
          <div className={row.deleted ? "bubble bubble-deleted" : "bubble"} data-testid="bubble">
            {/* Inside the bubble: its corners follow the page's direction, not the text's. */}
            {(row.deleted || row.content !== "") && (
              <div dir="auto">{row.deleted ? t.deleted : <Text content={row.content} />}</div>
            )}
            {row.attachments.length > 0 && <Attachments files={row.attachments} />}
          </div>
          {meta && (
            <div className="message-meta">
              {row.edited && !row.deleted && <span>{t.edited}</span>}
              <time dateTime={row.createdAt.toISOString()} title={formats.full(row.createdAt)}>
                {formats.time(row.createdAt)}
              </time>
              {row.delivery && <DeliveryMark delivery={row.delivery} />}
              {row.failure !== null && (
                <>
                  <span>{notYours.has(row.failure) ? t.failedNotYours : t.failedRefused}</span>
                  <FailedActions clientMessageId={row.clientMessageId} />
                </>
              )}
            </div>
          )}
        </div>
      )}
    </div>
  );
}

/** Codes that say one may not write here, as opposed to something being wrong with the message. */
const notYours = new Set(["FORBIDDEN", "NOT_FOUND"]);

const deliveryIcons = { sending: "clock", sent: "check", read: "checks", failed: "warning" } as const;

function DeliveryMark({ delivery }: { delivery: Delivery }) {
  const { t } = useTexts();
  const client = useClient();
  const isOnline = useSelected(client.connection, (state) => state.status === "online");
  const word = delivery === "sending" && !isOnline ? t.waiting : t[delivery];
  return (
    <span className="delivery" data-delivery={delivery} data-testid="delivery">
      <Icon name={deliveryIcons[delivery]} size={14} />
      {word}
    </span>
  );
}

function FailedActions({ clientMessageId }: { clientMessageId: string }) {
  const { t } = useTexts();
  const client = useClient();
  return (
    <>
      <button type="button" className="button-text" onClick={() => client.retry(clientMessageId)}>
        {t.retry}
      </button>
      <button type="button" className="button-text" onClick={() => client.discard(clientMessageId)}>
        {t.discard}
      </button>
    </>
  );
}
