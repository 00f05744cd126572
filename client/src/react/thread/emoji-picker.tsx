import { EmojiPicker as Picker } from "frimousse";
import type { AriaAttributes } from "react";
import { useTexts } from "../language.tsx";
import { useSettings } from "../settings.ts";

/** Loaded with its first use: the names of all emoji are half a megabyte. */
export default function EmojiPicker({ onChoose }: { onChoose: (emoji: string) => void }) {
  const { t, language } = useTexts();
  const { emojiDataUrl } = useSettings();
  return (
    <Picker.Root
      className="emoji-picker"
      locale={language}
      columns={8}
      {...(emojiDataUrl === undefined ? {} : { emojibaseUrl: emojiDataUrl })}
      onEmojiSelect={({ emoji }) => onChoose(emoji)}
    >
      <Picker.Search
        className="emoji-search"
        placeholder={t.searchEmoji}
        aria-label={t.searchEmoji}
        autoFocus
      />
      <Picker.Viewport className="emoji-viewport">
        <Picker.Loading className="popover-note">{t.loading}</Picker.Loading>
        <Picker.Empty className="popover-note">{t.noEmoji}</Picker.Empty>
        <Picker.List
          components={{
            CategoryHeader: ({ category, ...props }) => (
              <div {...props} className="emoji-category">
                {category.label}
              </div>
            ),
            Row: (props) => <div {...fromOne(props)} />,
            Emoji: ({ emoji, ...props }) => (
              <button
                {...fromOne(props)}
                type="button"
                className="emoji"
                data-active={emoji.isActive || undefined}
              >
                {emoji.emoji}
              </button>
            ),
          }}
        />
      </Picker.Viewport>
    </Picker.Root>
  );
}

/** The library counts rows and columns from 0; to a screen reader they begin with 1. */
function fromOne<Props extends AriaAttributes>(props: Props): Props {
  const numbered = { ...props };
  for (const index of ["aria-rowindex", "aria-colindex"] as const)
    if (numbered[index] !== undefined) numbered[index] += 1;
  return numbered;
}
