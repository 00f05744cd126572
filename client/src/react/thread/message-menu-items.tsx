import { type KeyboardEvent, lazy, Suspense, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon, type IconName } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { Popover } from "../popover.tsx";
import type { Row } from "./rows.ts";
import type { ThreadUi } from "./thread-ui.tsx";

const EmojiPicker = lazy(() => import("./emoji-picker.tsx"));

const quick = ["👍", "❤️", "😂", "😮", "😢", "🎉"];

interface MenuProps {
  row: Row;
  seq: number;
  ui: ThreadUi;
  anchor: HTMLElement;
  onClose: () => void;
}

/** Loaded with the first menu that is opened. */
export default function MessageMenuItems({ row, seq, ui, anchor, onClose }: MenuProps) {
  const { t } = useTexts();
  const me = useClient().me() ?? "";
  const [shown, setShown] = useState<"menu" | "emoji" | "delete">("menu");

  function react(emoji: string) {
    const own = row.reactions.find((each) => each.emoji === emoji)?.userIds.includes(me) ?? false;
    onClose();
    void ui.change({ seq }, { kind: "react", emoji, on: !own });
  }
  const then = (act: () => void) => () => {
    onClose();
    act();
  };

  if (shown === "emoji")
    return (
      <Popover anchor={anchor} onClose={onClose} label={t.chooseEmoji}>
        <Suspense fallback={<p className="popover-note">{t.loading}</p>}>
          <EmojiPicker onChoose={react} />
        </Suspense>
      </Popover>
    );
  return (
    <Popover anchor={anchor} onClose={onClose} role="menu" label={t.more} className="menu">
      {/* Within a menu arrows move and Tab leaves. */}
      <div role="none" onKeyDown={moveFocus}>
        <div role="none" className="menu-emoji">
          {quick.map((emoji) => (
            <button
              key={emoji}
              type="button"
              role="menuitem"
              aria-label={t.reactWith(emoji)}
              onClick={() => react(emoji)}
            >
              {emoji}
            </button>
          ))}
          <button
            type="button"
            role="menuitem"
            aria-label={t.chooseEmoji}
            title={t.chooseEmoji}
            onClick={() => setShown("emoji")}
          >
            <Icon name="plus" size={16} />
          </button>
        </div>
        <Item icon="reply" text={t.reply} onClick={then(() => ui.setReplyTo(seq))} />
        {row.content !== "" && (
          <Item
            icon="copy"
            text={t.copyText}
            onClick={then(() => void navigator.clipboard.writeText(row.content).catch(() => undefined))}
          />
        )}
        {row.own && row.kind === "text" && row.content !== "" && (
          <Item icon="edit" text={t.edit} onClick={then(() => ui.setEditing(seq))} />
        )}
        {(row.own || ui.moderates) && shown === "menu" && (
          <Item icon="bin" text={t.deleteMessage} tone="error" onClick={() => setShown("delete")} />
        )}
        {shown === "delete" && (
          <Item
            icon="bin"
            text={t.deleteForEveryone}
            tone="error"
            focused
            onClick={then(() => void ui.change({ seq }, { kind: "delete" }))}
          />
        )}
      </div>
    </Popover>
  );
}

interface ItemProps {
  icon: IconName;
  text: string;
  tone?: "error";
  focused?: boolean;
  onClick: () => void;
}

function Item({ icon, text, tone, focused, onClick }: ItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      className="menu-item"
      data-tone={tone}
      ref={(element) => {
        if (focused) element?.focus();
      }}
      onClick={onClick}
    >
      <Icon name={icon} size={16} />
      {text}
    </button>
  );
}

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

function moveFocus(event: KeyboardEvent<HTMLElement>) {
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  const present = items.indexOf(document.activeElement as HTMLElement);
  items[(present + step + items.length) % items.length]?.focus();
}
