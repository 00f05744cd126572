import { useEffect, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSnapshot } from "../use-snapshot.ts";
import { ConversationCards, type ConversationCardsProps } from "./conversation-cards.tsx";

interface ArchivedProps extends ConversationCardsProps {
  onBack: () => void;
}

/** What was put away, in the place of the list. */
export function Archived({ onBack, ...cards }: ArchivedProps) {
  const { t } = useTexts();
  const client = useClient();
  const items = useSnapshot(client.conversations).items.filter(({ archived }) => archived);
  const [status, setStatus] = useState<"loading" | "ready" | "failed">("loading");
  useEffect(() => {
    let isCurrent = true;
    client.keeping.loadArchived().then(
      () => isCurrent && setStatus("ready"),
      () => isCurrent && setStatus("failed"),
    );
    return () => {
      isCurrent = false;
    };
  }, [client]);

  return (
    <>
      <div className="list-head">
        <button
          type="button"
          className="button button-icon button-quiet"
          aria-label={t.backToList}
          title={t.backToList}
          data-testid="leave-archived"
          onClick={onBack}
        >
          <Icon name="back" />
        </button>
        <h1>{t.archived}</h1>
      </div>
      <div className="list-scroll">
        <ConversationCards items={items} {...cards} />
        {items.length === 0 && (
          <p className="empty" role="status">
            {status === "loading" ? t.loading : status === "failed" ? t.listFailed : t.noArchived}
          </p>
        )}
      </div>
    </>
  );
}
