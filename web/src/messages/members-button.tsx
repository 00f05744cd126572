import { useClient } from "@parloir/client/react/client-context.tsx";
import { Icon } from "@parloir/client/react/icons.tsx";
import { useSelected } from "@parloir/client/react/use-snapshot.ts";
import { lazy, Suspense, useState } from "react";
import { useLanguage } from "../languages/language.tsx";

const Members = lazy(() => import("./members.tsx"));

/** In a group's head: how many it has, and behind that who they are. */
export function MembersButton({ conversationId }: { conversationId: string }) {
  const { t } = useLanguage();
  const client = useClient();
  const count = useSelected(client.conversations, ({ items }) => {
    const found = items.find(({ id }) => id === conversationId);
    return found?.kind === "group" ? found.participants.length : 0;
  });
  const [open, setOpen] = useState(false);
  if (count === 0) return null;
  return (
    <>
      <button
        type="button"
        className="button button-quiet members-button"
        aria-haspopup="dialog"
        aria-label={t.membersCount(count)}
        title={t.membersCount(count)}
        data-testid="members-button"
        onClick={() => setOpen(true)}
      >
        <Icon name="people" />
        {count}
      </button>
      {open && (
        <Suspense>
          <Members conversationId={conversationId} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
