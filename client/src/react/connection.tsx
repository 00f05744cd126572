import { useEffect, useState } from "react";
import { useClient } from "./client-context.tsx";
import { useTexts } from "./language.tsx";
import { useSnapshot } from "./use-snapshot.ts";

/** A reconnect shorter than this is nobody's concern. */
const graceMs = 2_000;

function useConnection() {
  const { connection } = useClient();
  const state = useSnapshot(connection);
  const [now, setNow] = useState(Date.now);
  const age = now - state.since;

  useEffect(() => {
    if (state.status === "online") return;
    const timer = setTimeout(() => setNow(Date.now()), Math.max(0, state.since + graceMs - Date.now()) + 10);
    return () => clearTimeout(timer);
  }, [state]);

  return { ...state, lasting: state.status !== "online" && state.since > 0 && age >= graceMs };
}

/** What the bar says: a break that is over soon is not worth a word. */
export function useShownStatus() {
  const { status, lasting } = useConnection();
  return status === "offline" && !lasting ? "online" : status;
}

export function ConnectionNotice({ onSignOut }: { onSignOut: () => void }) {
  const { t } = useTexts();
  const client = useClient();
  const { lasting, error, via } = useConnection();
  if (via === "polling") {
    return (
      <p className="notice" role="status" data-testid="polling-notice">
        {t.pollingNotice}
      </p>
    );
  }
  if (!lasting) return null;
  if (error === "UNAUTHENTICATED" || error === "FORBIDDEN") {
    return (
      <p className="notice" role="alert" data-tone="error">
        {t.refusedNotice}
        <button type="button" className="button-text" onClick={onSignOut}>
          {t.signOut}
        </button>
      </p>
    );
  }
  return (
    <p className="notice" role="status" data-testid="offline-notice">
      {t.offlineNotice}
      <button type="button" className="button-text" onClick={client.reconnect}>
        {t.connectNow}
      </button>
    </p>
  );
}
