import { lazy, Suspense, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { AskingItem, Menu, MenuItem } from "../menu.tsx";
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
    <Menu anchor={anchor} onClose={onClose} label={t.more}>
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
      <MenuItem icon="reply" text={t.reply} onClick={then(() => ui.setReplyTo(seq))} />
      {row.content !== "" && (
        <MenuItem
          icon="copy"
          text={t.copyText}
          onClick={then(() => void navigator.clipboard.writeText(row.content).catch(() => undefined))}
        />
      )}
      {row.own && row.kind === "text" && row.content !== "" && (
        <MenuItem icon="edit" text={t.edit} onClick={then(() => ui.setEditing(seq))} />
      )}
      {(row.own || ui.moderates) && (
        <AskingItem
          icon="bin"
          text={t.deleteMessage}
          question={t.deleteForEveryone}
          isAsked={shown === "delete"}
          onAsk={() => setShown("delete")}
          onSure={then(() => void ui.change({ seq }, { kind: "delete" }))}
        />
      )}
    </Menu>
  );
}
