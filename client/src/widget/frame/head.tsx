import { type ReactNode, useEffect, useState } from "react";
import type { Client } from "../../core/client.ts";
import { useSnapshot } from "../../react/use-snapshot.ts";
import type { WidgetTexts } from "./texts.ts";
import { useWidget } from "./widget-context.ts";

interface HeadProps {
  title: string;
  onBack?: () => void;
  onClose: () => void;
}

/** Below the title, when there is no connection, that. */
export function Head(props: HeadProps): ReactNode {
  const { client, host, t } = useWidget();
  const isRefused = useSnapshot(host.refused);
  const isLost = useIsLost(client);
  return (
    <>
      <Title t={t} {...props} />
      {isLost && (
        <p className="notice" role="status" data-testid="offline-notice">
          {isRefused ? t.noToken : t.offline}{" "}
          <button type="button" className="link" onClick={client.reconnect}>
            {t.again}
          </button>
        </p>
      )}
    </>
  );
}

/** A reconnect shorter than this is nobody's concern. */
const graceMs = 2_000;

function useIsLost({ connection }: Client): boolean {
  const { status, since } = useSnapshot(connection);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (status === "online") return;
    const timer = setTimeout(() => setNow(Date.now()), Math.max(0, since + graceMs - Date.now()) + 10);
    return () => clearTimeout(timer);
  }, [status, since]);
  return status !== "online" && now - since >= graceMs;
}

/** With the way back and the close button. Also before there is any client. */
export function Title({ t, title, onBack, onClose }: HeadProps & { t: WidgetTexts }): ReactNode {
  return (
    <header className="head">
      {onBack && (
        <button type="button" className="icon" aria-label={t.back} onClick={onBack}>
          <Shape path="M15 5l-7 7 7 7" />
        </button>
      )}
      <h1 dir="auto">{title}</h1>
      <button type="button" className="icon" aria-label={t.close} onClick={onClose}>
        <Shape path="M6 6l12 12M18 6L6 18" />
      </button>
    </header>
  );
}

export function Shape({ path }: { path: string }) {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={path} />
    </svg>
  );
}
