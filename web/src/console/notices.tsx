import { createCell, type Observable } from "@parloir/client/core/observable.ts";
import { Icon } from "@parloir/client/react/icons.tsx";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useLanguage } from "../languages/language.tsx";

export interface Notice {
  id: number;
  text: string;
  tone: "plain" | "error";
  action?: { label: string; run: () => void } | undefined;
}

/** What just happened, with a way back: the newest three, each for some seconds. */
export interface Notices {
  readonly state: Observable<readonly Notice[]>;
  say(text: string, options?: { tone?: Notice["tone"]; action?: Notice["action"] }): void;
  dismiss(id: number): void;
}

/** Long enough to read a sentence and to reach its button. */
const shownMs = 12_000;
const most = 3;

export function createNotices(): Notices {
  const state = createCell<readonly Notice[]>([]);
  let lastId = 0;
  const dismiss = (id: number) => state.update((present) => present.filter((each) => each.id !== id));
  return {
    state,
    dismiss,
    say(text, { tone = "plain", action } = {}) {
      const id = ++lastId;
      state.update((present) => [...present.slice(1 - most), { id, text, tone, action }]);
      setTimeout(() => dismiss(id), shownMs);
    },
  };
}

export function NoticeList({ notices }: { notices: Notices }) {
  const { t } = useLanguage();
  const all = useSnapshot(notices.state);
  return (
    <div className="notices" role="status" data-testid="notices">
      {all.map(({ id, text, tone, action }) => (
        <p key={id} className="notices-one" data-tone={tone}>
          <span>{text}</span>
          {action && (
            <button
              type="button"
              className="button-text"
              onClick={() => {
                notices.dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </button>
          )}
          <button
            type="button"
            className="button button-icon button-quiet"
            aria-label={t.close}
            onClick={() => notices.dismiss(id)}
          >
            <Icon name="close" size={16} />
          </button>
        </p>
      ))}
    </div>
  );
}
