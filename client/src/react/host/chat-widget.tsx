import {
  type CSSProperties,
  type KeyboardEvent,
  lazy,
  Suspense,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
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
  const isSignedIn = useSignedIn();
  const unread = useSelected(useClient().conversations, (state) => state.unreadTotal);
  const { state, panel, open, close } = useClosing();
  const launcher = useRef<HTMLButtonElement>(null);
  if (!isSignedIn) return null;

  function closeByHand() {
    close();
    launcher.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (event.key !== "Escape" || event.defaultPrevented || state !== "open") return;
    // A menu or a picture above the panel is closed by the browser, and alone.
    if (event.currentTarget.querySelector(":popover-open, dialog[open]")) return;
    closeByHand();
  }

  const isOpen = state === "open";
  const style = { "--widget-width": `${width}px`, "--widget-height": `${height}px` } as CSSProperties;
  const coloured = colour === undefined ? style : ({ ...style, "--fill": colour } as CSSProperties);
  return (
    <aside
      className="parloir widget"
      style={coloured}
      data-position={position}
      data-theme={theme === "system" ? undefined : theme}
      aria-label={t.messages}
      // Around the button too: who has just opened the panel has the focus there.
      onKeyDown={onKeyDown}
    >
      {state !== "closed" && (
        <section
          ref={panel}
          className="widget-panel"
          aria-label={t.messages}
          data-closing={isOpen ? undefined : ""}
          inert={!isOpen}
          data-testid="widget-panel"
        >
          <button
            type="button"
            className="button button-icon button-quiet widget-close"
            aria-label={t.closeChat}
            onClick={closeByHand}
          >
            <Icon name="close" />
          </button>
          <Conversations contact={contact} />
        </section>
      )}
      <button
        ref={launcher}
        type="button"
        className="widget-launcher"
        aria-expanded={isOpen}
        aria-label={isOpen ? t.closeChat : unread > 0 ? t.chatUnread(unread) : t.openChat}
        data-testid="widget-launcher"
        onClick={isOpen ? closeByHand : open}
      >
        <Icon name={isOpen ? "close" : "logo"} size={24} />
        {/* Open, it closes: the list tells what is unread, and a number is no part of the button's name. */}
        {unread > 0 && !isOpen && (
          <span className="badge" aria-hidden="true">
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </button>
    </aside>
  );
}

/** Closing takes as long as the style sheet's animation of it, which may be none: without one it is closed at once. */
function useClosing() {
  const [state, setState] = useState<"closed" | "open" | "closing">("closed");
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (state !== "closing") return;
    let isCurrent = true;
    const ends = panel.current?.getAnimations().map(({ finished }) => finished) ?? [];
    void Promise.allSettled(ends).then(() => {
      if (isCurrent) setState("closed");
    });
    return () => {
      isCurrent = false;
    };
  }, [state]);
  return { state, panel, open: () => setState("open"), close: () => setState("closing") };
}

/** Inside the panel: the messenger, and what is said when a new conversation could not be begun. */
function Conversations({ contact }: { contact: ChatWidgetProps["contact"] }) {
  const { t } = useTexts();
  const client = useClient();
  const [failed, setFailed] = useState(false);
  // What is not on the screen is not being read. Not while it fades: the list would show.
  useEffect(() => () => client.open(null), [client]);

  async function begin() {
    setFailed(false);
    try {
      const { id } = await client.startConversation({ ...contact, kind: contact?.kind ?? kindFor(contact) });
      client.open(id);
    } catch {
      setFailed(true);
    }
  }

  return (
    <>
      <Suspense fallback={<p className="empty">{t.loading}</p>}>
        <Messenger stacked onNew={() => void begin()} />
      </Suspense>
      {failed && (
        <p className="widget-problem" role="alert">
          {t.changeFailed}
        </p>
      )}
    </>
  );
}

function kindFor(contact: ChatWidgetProps["contact"]): "direct" | "support" {
  return contact?.recipientId === undefined ? "support" : "direct";
}
