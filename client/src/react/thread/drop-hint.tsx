import { createPortal } from "react-dom";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";

/** Over the whole thread while files are held above it: they may be let go anywhere. */
export function DropHint({ over }: { over: HTMLElement | null }) {
  const { t } = useTexts();
  if (!over) return null;
  return createPortal(
    <p className="drop-hint" data-testid="drop-hint">
      <Icon name="attach" />
      {t.dropHere}
    </p>,
    over,
  );
}
