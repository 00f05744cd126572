import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import type { Jump } from "./use-jumps.ts";

/** Over the list: what becomes of the way to a message far up, which can take several pages. */
export function JumpNotice({ jump }: { jump: Jump }) {
  const { t } = useTexts();
  if (jump.state === "idle") return null;
  const isLoading = jump.state === "loading";
  return (
    <div className="jump-notice" role={isLoading ? "status" : "alert"} data-testid="jump-notice">
      <span>{isLoading ? t.goingThere : jump.state === "gone" ? t.quoteGone : t.notReached}</span>
      {jump.state === "failed" && (
        <button type="button" className="button-text" onClick={jump.retry}>
          {t.tryAgain}
        </button>
      )}
      <button
        type="button"
        className="button button-icon button-quiet"
        aria-label={isLoading ? t.cancel : t.close}
        onClick={jump.dismiss}
      >
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
