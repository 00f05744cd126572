import { lazy, Suspense, useState } from "react";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import type { Row } from "./rows.ts";
import { useThreadUi } from "./thread-ui.tsx";

const MessageMenuItems = lazy(() => import("./message-menu-items.tsx"));

interface MessageMenuProps {
  row: Row;
  /** Who wrote it, for the button's name. */
  author: string;
}

/** The button beside a message, and what can be done with it. */
export function MessageMenu({ row, author }: MessageMenuProps) {
  const { t } = useTexts();
  const ui = useThreadUi();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const { seq } = row;
  if (!ui || seq === null || row.deleted) return null;
  return (
    <>
      <button
        type="button"
        className="message-more"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        aria-label={t.messageActions(author)}
        title={t.more}
        data-testid="message-menu"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon name="more" size={16} />
      </button>
      {anchor && (
        <Suspense>
          <MessageMenuItems row={row} seq={seq} ui={ui} anchor={anchor} onClose={() => setAnchor(null)} />
        </Suspense>
      )}
    </>
  );
}
