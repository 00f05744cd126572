import { EmojiPicker as Picker } from "frimousse";
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
            Emoji: ({ emoji, ...props }) => (
              <button {...props} type="button" className="emoji" data-active={emoji.isActive || undefined}>
                {emoji.emoji}
              </button>
            ),
          }}
        />
      </Picker.Viewport>
    </Picker.Root>
  );
}
