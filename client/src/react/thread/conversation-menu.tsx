import { lazy, Suspense, useState } from "react";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";

const ConversationMenuItems = lazy(() => import("./conversation-menu-items.tsx"));

export interface ConversationMenuProps {
  conversationId: string;
  /** It was put away, deleted or left: there is nothing to show of it any more. */
  onGone?: () => void;
}

/** In a thread's head: what one keeps of the conversation for oneself, and whom one hears. */
export function ConversationMenu({ conversationId, onGone }: ConversationMenuProps) {
  const { t } = useTexts();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <button
        type="button"
        className="button button-icon button-quiet"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        aria-label={t.conversationActions}
        title={t.conversationActions}
        data-testid="conversation-menu"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon name="more" />
      </button>
      {anchor && (
        <Suspense>
          <ConversationMenuItems
            conversationId={conversationId}
            anchor={anchor}
            onClose={() => setAnchor(null)}
            onGone={onGone}
          />
        </Suspense>
      )}
    </>
  );
}
