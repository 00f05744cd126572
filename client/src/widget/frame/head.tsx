import type { ReactNode } from "react";
import { useSnapshot } from "../../react/use-snapshot.ts";
import { useWidget } from "./widget-context.ts";

interface HeadProps {
  title: string;
  onBack?: () => void;
  onClose: () => void;
}

/** Title, the way back, and the close button; below it, when there is no connection, that. */
export function Head({ title, onBack, onClose }: HeadProps): ReactNode {
  const { client, t } = useWidget();
  const { status, since } = useSnapshot(client.connection);
  const isLost = status === "offline" && Date.now() - since > 2_000;
  return (
    <>
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
      {isLost && (
        <p className="notice" role="status">
          {t.offline}
        </p>
      )}
    </>
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
