import type { Suggestions, UseSuggestions } from "@parloir/client/react/thread/composer.tsx";
import type { CannedReply } from "@parloir/contracts/canned-replies.ts";
import { type KeyboardEvent, useEffect, useState } from "react";
import { askedFor, filledIn, offered, readCannedReplies } from "./canned.ts";
import { useConsole, useConsoleTexts, useOpenConversation } from "./desk-context.tsx";

/** For the composer: «/» at the beginning of a text offers the team's ready-made replies. */
export const useCannedReplies: UseSuggestions = ({ conversationId, text, write }): Suggestions => {
  const { client, me } = useConsole();
  const conversation = useOpenConversation(conversationId);
  const asked = askedFor(text);
  const isOpen = asked !== null;
  const [replies, setReplies] = useState<readonly CannedReply[] | null>(null);
  const [at, setAt] = useState(0);
  const [dismissed, setDismissed] = useState<string | null>(null);

  // Each time anew: another agent may have written one.
  useEffect(() => {
    if (isOpen) readCannedReplies(client).then(setReplies, () => setReplies([]));
  }, [client, isOpen]);

  if (asked === null || replies === null || !conversation || dismissed === text)
    return { list: null, onKeyDown: () => false };
  const found = offered(replies, asked);
  const active = Math.min(at, Math.max(0, found.length - 1));
  const choose = (reply: CannedReply) => {
    setAt(0);
    write(filledIn(reply, conversation, me.name));
  };

  function onKeyDown(event: KeyboardEvent): boolean {
    const chosen = found[active];
    const keys: Record<string, () => void> = {
      ArrowDown: () => setAt((active + 1) % Math.max(1, found.length)),
      ArrowUp: () => setAt((active + found.length - 1) % Math.max(1, found.length)),
      Escape: () => setDismissed(text),
      ...(chosen && !event.shiftKey ? { Enter: () => choose(chosen), Tab: () => choose(chosen) } : {}),
    };
    const act = keys[event.key];
    if (!act) return false;
    event.preventDefault();
    act();
    return true;
  }

  return {
    list: <OfferList hasAny={replies.length > 0} found={found} active={active} choose={choose} />,
    onKeyDown,
  };
};

interface OfferListProps {
  hasAny: boolean;
  found: readonly CannedReply[];
  active: number;
  choose: (reply: CannedReply) => void;
}

function OfferList({ hasAny, found, active, choose }: OfferListProps) {
  const t = useConsoleTexts();
  return (
    <div className="offers" data-testid="offers">
      {found.length === 0 && <p role="status">{hasAny ? t.cannedNone : t.cannedEmpty}</p>}
      <ul aria-label={t.cannedList}>
        {found.map((reply, index) => (
          <li key={reply.id}>
            <button
              type="button"
              // The focus stays in the text.
              tabIndex={-1}
              className="offer"
              aria-pressed={index === active}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(reply)}
            >
              <kbd>/{reply.shortcut}</kbd> <strong>{reply.title}</strong>
              <span dir="auto">{reply.content}</span>
            </button>
          </li>
        ))}
      </ul>
      {/* The list is no focus: what Enter would take is said. */}
      <span className="visually-hidden" aria-live="polite">
        {found[active]?.title}
      </span>
    </div>
  );
}
