import { contentProblem } from "@parloir/contracts/content.ts";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTexts } from "../language.tsx";
import { focusOnceSeen } from "./text-field.ts";
import type { ThreadUi } from "./thread-ui.tsx";

/** Changes an own message where it stands. Enter saves, Escape leaves it as it was. */
export function EditForm({ seq, content, ui }: { seq: number; content: string; ui: ThreadUi }) {
  const { t } = useTexts();
  const [text, setText] = useState(ui.editText.current ?? content);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const words = text.trim();
  const canSave = words !== "" && contentProblem(words) === null && !busy;

  useEffect(() => (field.current ? focusOnceSeen(field.current) : undefined), []);

  async function save() {
    if (!canSave) return;
    if (words === content) return ui.setEditing(null);
    setBusy(true);
    if (await ui.change({ seq }, { kind: "edit", content: words })) ui.setEditing(null);
    else setBusy(false);
  }

  function onKeyDown(event: KeyboardEvent) {
    // An input method composes; Safari says so of its last key only by the key code 229.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      ui.setEditing(null);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void save();
    }
  }

  return (
    <form
      className="edit-form"
      data-testid="edit-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        aria-label={t.editMessage}
        onChange={(event) => {
          ui.editText.current = event.target.value;
          setText(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="edit-actions">
        <button type="button" className="button-text" onClick={() => ui.setEditing(null)}>
          {t.cancel}
        </button>
        <button type="submit" className="button-text" aria-disabled={!canSave}>
          {t.save}
        </button>
      </div>
    </form>
  );
}
