import { isHostEvent } from "@parloir/contracts/host-events.ts";
import type { Notification, ToastLevel } from "@parloir/contracts/shapes.ts";
import { type ReactNode, useEffect } from "react";
import { Toaster, toast } from "sonner";
import { useClient } from "../client-context.tsx";
import { useChannel } from "../hooks/use-channel.ts";
import { useTexts } from "../language.tsx";

export interface Toast {
  /** One with the same id is replaced. */
  id?: string;
  /** `info` by default. */
  level?: ToastLevel;
  title: string;
  message?: string;
  /** Milliseconds; 5 s by default, `Infinity` until it is closed. */
  durationMs?: number;
  icon?: ReactNode;
  /** What a click on its button does. */
  action?: { label: string; onClick: () => void };
}

/** Below the head that most pages have. */
const headPixels = 60;

const show = { info: toast.info, success: toast.success, warning: toast.warning, error: toast.error };

/** Shows a toast in the page's `ChatToasts`. */
export function notify({ id, level = "info", title, message, durationMs, icon, action }: Toast): void {
  show[level](title, {
    ...(id === undefined ? {} : { id }),
    ...(message === undefined ? {} : { description: message }),
    ...(durationMs === undefined ? {} : { duration: durationMs }),
    ...(icon === undefined ? {} : { icon }),
    ...(action === undefined ? {} : { action }),
  });
}

export interface ChatToastsProps {
  position?: "top-left" | "top-right" | "top-center" | "bottom-left" | "bottom-right" | "bottom-center";
  theme?: "light" | "dark" | "system";
  /** A message's toast leads to its conversation. */
  onOpen: (conversationId: string) => void;
  /** Where a toast of the host's back end leads; a link is followed by default. */
  onFollow?: (href: string) => void;
}

/** Toasts that nobody sees would pile up and be old; what they tell is in the bell. */
const isHidden = () => document.visibilityState !== "visible";

/** What the host's back end tells, and where it leads. */
function notifyOfHost(
  { title, message, level = "info", href }: Pick<Notification, "title" | "message" | "level" | "href">,
  show: string,
  follow: (href: string) => void = (address) => location.assign(address),
): void {
  const isSafe = href !== undefined && /^(?:https?:\/\/|\/(?!\/))/.test(href);
  const action = isSafe ? { action: { label: show, onClick: () => follow(href) } } : {};
  notify({ level, title, message, ...action });
}

/** New messages elsewhere, announcements, and what the host's back end tells this person: as toasts. */
export function ChatToasts({ position = "top-right", theme = "system", onOpen, onFollow }: ChatToastsProps) {
  const { t } = useTexts();
  const client = useClient();
  const me = client.me();
  useEffect(() => {
    const ends = [
      client.onNotification((line) => {
        const { type, title, message, conversationId } = line;
        // Other tabs have it in their bell; one that nobody sees would show it when it is old.
        if (isHidden()) return;
        if (type === "host") {
          // The event of the person's channel shows it already; without a socket there are no channels.
          if (client.connection.getSnapshot().via === "polling") notifyOfHost(line, t.show, onFollow);
          return;
        }
        const action =
          conversationId === null ? {} : { action: { label: t.show, onClick: () => onOpen(conversationId) } };
        notify({
          title,
          message: type === "call" ? t.missedCalls(1) : message,
          ...action,
          ...(conversationId === null ? {} : { id: conversationId }),
        });
      }),
      // What is open now needs no toast any more.
      client.viewing.subscribe(() => {
        const { conversationId } = client.viewing.getSnapshot();
        if (conversationId !== null) toast.dismiss(conversationId);
      }),
      // Stands nowhere else: it waits until somebody looks.
      client.onAnnouncement(({ title, message }) => notify({ title, message, durationMs: 10_000 })),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [client, t, onOpen, onFollow]);

  useChannel(me === null ? null : `user:${me}`, (news) => {
    if (news.kind !== "event" || !isHostEvent(news.event, "user-notification")) return;
    // It stands in the bell as well.
    if (!isHidden()) notifyOfHost(news.event.payload, t.show, onFollow);
  });

  return (
    <Toaster
      className="toasts"
      position={position}
      theme={theme}
      closeButton
      offset={{ top: headPixels }}
      mobileOffset={{ top: headPixels }}
      containerAriaLabel={t.notifications}
      toastOptions={{ closeButtonAriaLabel: t.close }}
    />
  );
}
