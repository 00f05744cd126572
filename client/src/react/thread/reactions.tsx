import type { Conversation } from "@parloir/contracts/shapes.ts";
import { useClient } from "../client-context.tsx";
import { useTexts } from "../language.tsx";
import type { Row } from "./rows.ts";
import { useThreadUi } from "./thread-ui.tsx";

/** Under a message: each emoji with how many chose it, pressed when one did oneself. */
export function Reactions({ row, conversation }: { row: Row; conversation: Conversation | undefined }) {
  const { t } = useTexts();
  const ui = useThreadUi();
  const me = useClient().me() ?? "";
  const { seq, reactions } = row;
  if (reactions.length === 0 || seq === null) return null;
  const nameOf = (userId: string) =>
    userId === me
      ? t.you
      : (conversation?.participants.find((one) => one.userId === userId)?.name ?? t.unnamed);
  return (
    <div className="reactions" data-testid="reactions">
      {reactions.map(({ emoji, userIds }) => {
        const own = userIds.includes(me);
        const names = userIds.map(nameOf).join(", ");
        return (
          <button
            key={emoji}
            type="button"
            className="reaction"
            aria-pressed={own}
            title={t.reactedWith(emoji, names)}
            disabled={!ui}
            onClick={() => void ui?.change({ seq }, { kind: "react", emoji, on: !own })}
          >
            {emoji} <span>{userIds.length}</span>
            <span className="visually-hidden">{names}</span>
          </button>
        );
      })}
    </div>
  );
}
