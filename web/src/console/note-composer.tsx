import { createId } from "@parloir/client/core/ids.ts";
import { asCodedError } from "@parloir/client/core/link.ts";
import type { Notes } from "@parloir/client/core/support/notes.ts";
import { drafts } from "@parloir/client/react/thread/drafts.ts";
import { useFileDrop } from "@parloir/client/react/thread/use-file-drop.ts";
import { contentProblem } from "@parloir/contracts/content.ts";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

/** A field of its own, in another colour: what is for the team must not be sent to the customer by mistake. */
export function NoteComposer({ conversationId, notes }: { conversationId: string; notes: Notes }) {
  const t = useConsoleTexts();
  const { t: words } = useLanguage();
  const { me, team, notices } = useConsole();
  const draftKey = `note.${conversationId}`;
  const [text, setText] = useState(() => drafts.read(me.id, draftKey));
  const [busy, setBusy] = useState(false);
  // The same until it worked: a note whose answer was lost is not written twice.
  const noteId = useRef(createId());
  const problem = text.trim() === "" ? null : contentProblem(text);
  const canAdd = text.trim() !== "" && problem === null && !busy;

  useEffect(() => team.stopNoteTyping, [team]);
  const form = useRef<HTMLFormElement>(null);
  useFileDrop(form, () => notices.say(t.noFilesInNotes, { tone: "error" }));

  function write(next: string) {
    setText(next);
    drafts.keep(me.id, draftKey, next);
    if (next.trim() === "") team.stopNoteTyping();
    else team.pressNoteKey(conversationId);
  }

  async function add() {
    if (!canAdd) return;
    setBusy(true);
    team.stopNoteTyping();
    try {
      await notes.add(text.trim(), noteId.current);
      noteId.current = createId();
      write("");
    } catch (error) {
      notices.say(t.failed(asCodedError(error).code), { tone: "error" });
    } finally {
      setBusy(false);
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229)
      return;
    event.preventDefault();
    void add();
  }

  return (
    <form
      ref={form}
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div className="composer-field">
        <textarea
          rows={2}
          dir="auto"
          value={text}
          placeholder={t.writeNote}
          aria-label={t.note}
          aria-invalid={problem !== null}
          data-testid="note-composer"
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <button type="submit" className="button button-filled" aria-disabled={!canAdd}>
        {t.addNote}
      </button>
      {problem && (
        <p className="composer-problem" role="alert">
          {words.notAllowed}
        </p>
      )}
    </form>
  );
}
