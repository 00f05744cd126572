import { lazy, Suspense, useState } from "react";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { Popover } from "../popover.tsx";

const EmojiPicker = lazy(() => import("./emoji-picker.tsx"));

/** Beside the composer's field. */
export function EmojiButton({ onChoose }: { onChoose: (emoji: string) => void }) {
  const { t } = useTexts();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <button
        type="button"
        className="button button-quiet"
        aria-haspopup="dialog"
        aria-expanded={anchor !== null}
        aria-label={t.chooseEmoji}
        title={t.chooseEmoji}
        data-testid="emoji-button"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon name="smile" />
      </button>
      {anchor && (
        <Popover anchor={anchor} onClose={() => setAnchor(null)} label={t.chooseEmoji}>
          <Suspense fallback={<p className="popover-note">{t.loading}</p>}>
            <EmojiPicker
              onChoose={(emoji) => {
                setAnchor(null);
                onChoose(emoji);
              }}
            />
          </Suspense>
        </Popover>
      )}
    </>
  );
}
