import type { Conversation } from "@parloir/contracts/shapes.ts";
import { systemText } from "../../core/system-text.ts";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { isoDay } from "../texts/formats.ts";
import { useSelected } from "../use-snapshot.ts";
import { Attachments } from "./attachments.tsx";
import { EditForm } from "./edit-form.tsx";
import { MessageMenu } from "./message-menu.tsx";
import { Quote } from "./quote.tsx";
import { Reactions } from "./reactions.tsx";
import type { Delivery, Row } from "./rows.ts";
import { Text } from "./text.tsx";
import { useThreadUi } from "./thread-ui.tsx";

interface MessageRowProps {
  row: Row;
  /** Show the hour and what became of it. */
  meta: boolean;
  /** Named only where more than two people write. */
  author: string | null;
  /** Nothing is before it. */
  first: boolean;
  conversationId: string;
  conversation: Conversation | undefined;
  /** Somebody was just led here. */
  marked: boolean;
}

export function MessageRow(props: MessageRowProps) {
  const { row, meta, author, first, conversationId, conversation, marked } = props;
  const { t, formats, language } = useTexts();
  const me = useClient().me();
  const sender = conversation?.participants.find((one) => one.userId === row.senderId)?.name;
  return (
    <div data-testid="message" data-seq={row.seq ?? undefined} data-marked={marked || undefined}>
      {first && <p className="thread-start">{t.threadStart}</p>}
      {row.startsDay && (
        <div className="divider" data-testid="day">
          <time dateTime={isoDay(row.createdAt)}>{formats.day(row.createdAt)}</time>
        </div>
      )}
      {row.startsUnread && (
        <div className="divider divider-unread" data-testid="unread-divider">
          {t.unread}
        </div>
      )}
      {row.system ? (
        <p className="message-system" data-testid="system-line">
          {systemText(language, row.system, conversation?.participants ?? [], me)}
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
          {row.replyToSeq !== null && !row.deleted && (
            <Quote conversationId={conversationId} seq={row.replyToSeq} conversation={conversation} />
          )}
          <div className="message-line">
            <Bubble row={row} />
            <MessageMenu row={row} author={row.own ? t.you : (sender ?? t.unnamed)} />
          </div>
          <Reactions row={row} conversation={conversation} />
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

function Bubble({ row }: { row: Row }) {
  const { t } = useTexts();
  const ui = useThreadUi();
  if (ui && row.seq !== null && ui.editing === row.seq)
    return <EditForm seq={row.seq} content={row.content} ui={ui} />;
  return (
    <div className={row.deleted ? "bubble bubble-deleted" : "bubble"} data-testid="bubble">
      {/* Inside the bubble: its corners follow the page's direction, not the text's. */}
      {(row.deleted || row.content !== "") && (
        <div dir="auto">{row.deleted ? t.deleted : <Text content={row.content} />}</div>
      )}
      {row.attachments.length > 0 && <Attachments files={row.attachments} />}
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
