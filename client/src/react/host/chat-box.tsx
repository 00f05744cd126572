import { type ChatTarget, useConversation } from "../hooks/use-chat.ts";
import { useOpenThread } from "../hooks/use-open-thread.ts";
import { useTexts } from "../language.tsx";
import { ChatWindow } from "../thread/chat-window.tsx";

export interface ChatBoxProps {
  /** The conversation by its id, or whom it is with and what it is about: then it is made, or found. */
  target: ChatTarget;
  /** Pixels; 480 by default. */
  height?: number;
}

/** One conversation as a part of a page. */
export function ChatBox({ target, height = 480 }: ChatBoxProps) {
  const { t } = useTexts();
  const { conversationId, error, refetch } = useConversation(target);
  return (
    <div className="parloir chat-box" style={{ height }} data-testid="chat-box">
      {conversationId !== null && <OpenChat conversationId={conversationId} />}
      {conversationId === null && error === null && (
        <p className="empty" role="status">
          {t.loading}
        </p>
      )}
      {conversationId === null && error !== null && (
        <div className="empty" role="alert">
          <p>{t.threadFailed}</p>
          <button type="button" className="button button-outlined" onClick={() => void refetch()}>
            {t.tryAgain}
          </button>
        </div>
      )}
    </div>
  );
}

function OpenChat({ conversationId }: { conversationId: string }) {
  useOpenThread(conversationId);
  return <ChatWindow key={conversationId} conversationId={conversationId} />;
}

export interface ChatTicketProps {
  ticket: { id: string; title: string };
  height?: number;
}

/** The conversation with the team about a ticket. */
export function ChatTicket({ ticket: { id, title }, ...box }: ChatTicketProps) {
  return <ChatBox target={{ kind: "support", subject: { type: "ticket", id, title } }} {...box} />;
}
