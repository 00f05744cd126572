import { type CSSProperties, type KeyboardEvent, lazy, Suspense, useRef, useState } from "react";
import { useClient, useSignedIn } from "../client-context.tsx";
import type { ChatTarget } from "../hooks/use-chat.ts";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSelected } from "../use-snapshot.ts";

// Virtual list and all: not before somebody wants it.
const Messenger = lazy(async () => ({ default: (await import("./messenger.tsx")).Messenger }));

export interface ChatWidgetProps {
  position?: "left" | "right";
  /** Pixels. */
  width?: number;
  height?: number;
  theme?: "light" | "dark" | "system";
  /** A colour in hexadecimal that white text can be read on. */
  colour?: string;
  /** Whom a new conversation is with; the team by default. */
  contact?: Exclude<ChatTarget, { conversationId: string }>;
}

/** The button in the corner with its badge, and behind it the list and the conversations. */
export function ChatWidget(props: ChatWidgetProps) {
  const { position = "right", width = 380, height = 600, theme = "system", colour, contact } = props;
  const { t } = useTexts();
  const client = useClient();
  const isSignedIn = useSignedIn();
  const unread = useSelected(client.conversations, (state) => state.unreadTotal);
  const [open, setOpen] = useState(false);
  const launcher = useRef<HTMLButtonElement>(null);
  if (!isSignedIn) return null;

  function close() {
    setOpen(false);
    // What is not on the screen is not being read.
    client.open(null);
    launcher.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  }

  async function begin() {
    const { id } = await client.startConversation({ ...contact, kind: contact?.kind ?? kindFor(contact) });
    client.open(id);
  }

  const style = { "--widget-width": `${width}px`, "--widget-height": `${height}px` } as CSSProperties;
  const coloured = colour === undefined ? style : ({ ...style, "--fill": colour } as CSSProperties);
  return (
    <aside
      className="parloir widget"
      style={coloured}
      data-position={position}
      data-theme={theme === "system" ? undefined : theme}
      aria-label={t.messages}
    >
      {open && (
        <section
          className="widget-panel"
          aria-label={t.messages}
          data-testid="widget-panel"
          onKeyDown={onKeyDown}
        >
          <button
            type="button"
            className="button button-icon button-quiet widget-close"
            aria-label={t.closeChat}
            onClick={close}
          >
            <Icon name="close" />
          </button>
          <Suspense fallback={<p className="empty">{t.loading}</p>}>
            <Messenger stacked onNew={() => void begin().catch(() => undefined)} />
          </Suspense>
        </section>
      )}
      <button
        ref={launcher}
        type="button"
        className="widget-launcher"
        aria-expanded={open}
        aria-label={unread > 0 ? t.chatUnread(unread) : open ? t.closeChat : t.openChat}
        data-testid="widget-launcher"
        onClick={() => (open ? close() : setOpen(true))}
      >
        <Icon name={open ? "close" : "logo"} size={24} />
        {unread > 0 && (
          <span className="badge" aria-hidden="true">
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </button>
    </aside>
  );
}

function kindFor(contact: ChatWidgetProps["contact"]): "direct" | "support" {
  return contact?.recipientId === undefined ? "support" : "direct";
}
