import { lazy, Suspense, useState } from "react";
import { type UseNotifications, useNotifications } from "../hooks/use-notifications.ts";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { Popover } from "../popover.tsx";
import { useSnapshot } from "../use-snapshot.ts";
import type { Sound } from "./sound.ts";
import { useSound } from "./use-sound.ts";

const NotificationSettings = lazy(() => import("./notification-settings.tsx"));

export interface NotificationBellProps {
  /** A line leads to its conversation. */
  onOpen: (conversationId: string) => void;
}

/** The bell with the number of unread lines; behind it the lines, and the switch for their sound. */
export function NotificationBell({ onOpen }: NotificationBellProps) {
  const { t } = useTexts();
  const bell = useNotifications();
  const sound = useSound();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [setting, setSetting] = useState(false);
  return (
    <>
      <button
        type="button"
        className="button button-icon button-quiet bell"
        aria-haspopup="dialog"
        aria-expanded={anchor !== null}
        aria-label={bell.unread > 0 ? t.notificationsUnread(bell.unread) : t.notifications}
        title={t.notifications}
        data-testid="bell"
        data-unread={bell.unread}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon name="bell" />
        {bell.unread > 0 && (
          <span className="badge" aria-hidden="true">
            {bell.unread > 99 ? "99+" : bell.unread}
          </span>
        )}
      </button>
      {anchor && (
        <Popover
          anchor={anchor}
          onClose={() => setAnchor(null)}
          label={t.notifications}
          className="bell-panel"
        >
          <div className="bell-head">
            <h2>{t.notifications}</h2>
            {sound && <MuteSwitch sound={sound} />}
            <button
              type="button"
              className="button button-icon button-quiet"
              aria-haspopup="dialog"
              aria-label={t.notificationSettings}
              title={t.notificationSettings}
              data-testid="notification-settings"
              onClick={() => {
                setAnchor(null);
                setSetting(true);
              }}
            >
              <Icon name="gear" />
            </button>
          </div>
          <Lines
            bell={bell}
            onOpen={(conversationId) => {
              setAnchor(null);
              onOpen(conversationId);
            }}
          />
        </Popover>
      )}
      {setting && (
        <Suspense>
          <NotificationSettings onClose={() => setSetting(false)} />
        </Suspense>
      )}
    </>
  );
}

function MuteSwitch({ sound }: { sound: Sound }) {
  const { t } = useTexts();
  const muted = useSnapshot(sound.muted);
  return (
    <button
      type="button"
      className="button button-icon button-quiet"
      aria-pressed={muted}
      aria-label={t.muteSound}
      title={t.muteSound}
      data-testid="mute"
      onClick={() => sound.mute(!muted)}
    >
      <Icon name={muted ? "muted" : "sound"} />
    </button>
  );
}

interface LinesProps {
  bell: UseNotifications;
  onOpen: (conversationId: string) => void;
}

function Lines({ bell, onOpen }: LinesProps) {
  const { t, formats } = useTexts();
  const { notifications, unread, isLoading, error, hasMore } = bell;
  // What fails here is tried again with the next look.
  const read = (ids?: readonly string[]) => void bell.markRead(ids).catch(() => undefined);
  if (isLoading) return <p className="popover-note">{error ? t.listFailed : t.loading}</p>;
  if (error && notifications.length === 0) return <p className="popover-note">{t.listFailed}</p>;
  if (notifications.length === 0) return <p className="popover-note">{t.noNotifications}</p>;
  return (
    <>
      <ul className="bell-lines">
        {notifications.map(({ id, type, title, message, count, createdAt, readAt, conversationId, href }) => (
          <li key={id}>
            <button
              type="button"
              className="bell-line"
              data-unread={readAt === null ? "" : undefined}
              data-testid="bell-line"
              onClick={() => {
                if (readAt === null) read([id]);
                if (conversationId !== null) onOpen(conversationId);
                // Of the host's; the cluster took none but a web address.
                else if (href !== undefined) location.assign(href);
              }}
            >
              <span className="bell-title" dir="auto">
                {title || t.unnamed}
                {readAt === null && count > 1 && (
                  <span className="bell-more">
                    {type === "call" ? t.missedCalls(count) : t.newMessages(count)}
                  </span>
                )}
              </span>
              <time dateTime={createdAt}>{formats.brief(new Date(createdAt))}</time>
              <span className="bell-text" dir="auto">
                {type === "call" ? t.missedCalls(1) : message || t.deleted}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div className="bell-foot">
        {hasMore && (
          <button type="button" className="button" onClick={() => void bell.loadMore()}>
            {t.moreConversations}
          </button>
        )}
        {unread > 0 && (
          <button type="button" className="button" data-testid="read-all" onClick={() => read()}>
            {t.readAll}
          </button>
        )}
      </div>
    </>
  );
}
