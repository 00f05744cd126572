import { contentProblem, maxContentCharacters } from "@parloir/contracts/content.ts";
import { maxAttachments } from "@parloir/contracts/shapes.ts";
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSelected } from "../use-snapshot.ts";
import { drafts } from "./drafts.ts";
import { DropHint } from "./drop-hint.tsx";
import { EmojiButton } from "./emoji-button.tsx";
import { ReplyBar } from "./quote.tsx";
import { insertAtCursor, useGrowing } from "./text-field.ts";
import { useThreadUi } from "./thread-ui.tsx";
import { UploadList } from "./upload-list.tsx";
import { useFileDrop } from "./use-file-drop.ts";
import { useUploads } from "./use-uploads.ts";
import { VoiceRecorder } from "./voice-recorder.tsx";

/** What is offered while one writes: it stands above the field and may take keys before it. */
export interface Suggestions {
  list: ReactNode;
  /** True: the key was for the list. */
  onKeyDown: (event: KeyboardEvent) => boolean;
}

/** A hook; the same one for the composer's whole life. */
export type UseSuggestions = (composer: {
  conversationId: string;
  text: string;
  write: (text: string) => void;
}) => Suggestions;

const useNone: UseSuggestions = () => ({ list: null, onKeyDown: () => false });

interface ComposerProps {
  conversationId: string;
  name: string;
  useSuggestions?: UseSuggestions;
  /** Whether one can write at once. Not where single keys go from one thread to the next. */
  takesFocus?: boolean;
}

/** Where a keyboard is at hand; on a phone it would cover the thread. */
const hasKeyboard = () => matchMedia("(hover: hover) and (min-width: 720px)").matches;

const hasLostFocus = () => hasKeyboard() && (document.activeElement ?? document.body) === document.body;

export function Composer(props: ComposerProps) {
  const { conversationId, name, useSuggestions = useNone, takesFocus = true } = props;
  const { t } = useTexts();
  const client = useClient();
  const me = client.me() ?? "";
  const conversation = useSelected(client.conversations, ({ items }) =>
    items.find(({ id }) => id === conversationId),
  );
  const [text, setText] = useState(() => drafts.read(me, conversationId));
  const field = useRef<HTMLTextAreaElement>(null);
  const problem = text.trim() === "" ? null : contentProblem(text);
  const { uploads, surplus, add, remove, clear } = useUploads();
  const picker = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const dropping = useFileDrop(form, add);
  const attachments = uploads.flatMap(({ done }) => done ?? []);
  // What failed has to be taken out first: it must not be missed silently.
  const areUploaded = attachments.length === uploads.length;
  const canSend = (text.trim() !== "" || uploads.length > 0) && problem === null && areUploaded;

  useGrowing(field);
  useEffect(() => {
    if (takesFocus && hasKeyboard()) field.current?.focus();
    return client.stopTyping;
  }, [client, takesFocus]);

  function write(next: string) {
    setText(next);
    drafts.keep(me, conversationId, next);
    if (next.trim() === "") client.stopTyping();
    else client.pressKey(conversationId);
  }

  const ui = useThreadUi();
  const replyTo = ui?.replyTo ?? null;
  useEffect(() => {
    if (replyTo !== null) field.current?.focus();
  }, [replyTo]);
  // An edit that has ended, or the quote above, is gone from the page with the focus that was in it.
  const isAside = replyTo !== null || (ui?.editing ?? null) !== null;
  const wasAside = useRef(isAside);
  useEffect(() => {
    if (wasAside.current && !isAside && hasLostFocus()) field.current?.focus({ preventScroll: true });
    wasAside.current = isAside;
  }, [isAside]);

  const suggestions = useSuggestions({ conversationId, text, write });

  function removeFile(key: number) {
    remove(key);
    // The button that was pressed goes with the file.
    if (hasKeyboard()) field.current?.focus();
  }

  function send() {
    if (!canSend) return;
    const replyToSeq = ui?.replyTo ?? null;
    client.send({
      conversationId,
      content: text.trim(),
      ...(attachments.length > 0 ? { attachments } : {}),
      ...(replyToSeq === null ? {} : { replyToSeq }),
    });
    ui?.setReplyTo(null);
    clear();
    setText("");
    drafts.keep(me, conversationId, "");
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (!event.nativeEvent.isComposing && suggestions.onKeyDown(event)) return;
    if (event.key === "Escape" && replyTo !== null) {
      // It is for the reply, not for what the thread stands in.
      event.preventDefault();
      return ui?.setReplyTo(null);
    }
    if (event.key === "ArrowUp" && text === "") return editLast(event);
    // While an input method composes, Enter chooses a candidate; Safari says so only by the key code 229.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229)
      return;
    event.preventDefault();
    send();
  }

  /** As most messengers do: the last own message, when nothing is written yet. */
  function editLast(event: KeyboardEvent) {
    const { messages, pending } = client.thread(conversationId).state.getSnapshot();
    // What was just written is meant, and not the one before it; stored in a moment, it can be changed.
    if (pending.some(({ state }) => state === "sending")) return;
    const last = messages.findLast(
      ({ senderId, deletedAt, content }) => senderId === me && deletedAt === null && content !== "",
    );
    if (!ui || !last) return;
    event.preventDefault();
    ui.setEditing(last.seq);
    ui.jumpTo(last.seq);
  }

  function onPaste(event: ClipboardEvent) {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    add(event.clipboardData.files);
  }

  const over = [...text].length - maxContentCharacters;
  return (
    <form
      ref={form}
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <ReplyBar conversationId={conversationId} conversation={conversation} />
      <DropHint over={dropping} />
      <UploadList uploads={uploads} onRemove={removeFile} />
      {surplus > 0 && (
        <p className="composer-problem" role="alert" data-testid="surplus">
          {t.tooManyFiles(maxAttachments, surplus)}
        </p>
      )}
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        data-testid="file-picker"
        onChange={(event) => {
          add(event.target.files ?? []);
          // The same file may be picked again.
          event.target.value = "";
        }}
      />
      <button
        type="button"
        className="button button-quiet"
        aria-label={t.attach}
        title={t.attach}
        onClick={() => picker.current?.click()}
      >
        <Icon name="attach" />
      </button>
      <EmojiButton onChoose={(emoji) => insertAtCursor(field.current, emoji, write)} />
      <VoiceRecorder onRecorded={(file) => add([file])} />
      <div className="composer-field">
        {suggestions.list}
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={name ? t.writeTo(name) : ""}
          aria-label={t.writeTo(name)}
          aria-invalid={problem !== null}
          aria-describedby={problem ? "composer-problem" : undefined}
          enterKeyHint="send"
          data-testid="composer"
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
      </div>
      <button
        type="submit"
        className="button button-filled"
        aria-label={t.send}
        title={t.send}
        // Not `disabled`: the focus would jump away when the text is sent with the button.
        aria-disabled={!canSend}
        data-testid="send"
      >
        <Icon name="send" />
      </button>
      {ui?.problem && (
        <p className="composer-problem" role="alert">
          {ui.problem}
        </p>
      )}
      {problem && (
        <p className="composer-problem" id="composer-problem" role="alert">
          {problem.code === "TOO_LARGE" && over > 0 ? t.tooLong(over) : t.notAllowed}
        </p>
      )}
    </form>
  );
}
