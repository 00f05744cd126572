import { contentProblem } from "@parloir/contracts/content.ts";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Shape } from "./head.tsx";
import { useWidget } from "./widget-context.ts";

/** A draft outlives going back to the list, not the page. */
const drafts = new Map<string, string>();

export function Composer({ conversationId }: { conversationId: string }) {
  const { client, t } = useWidget();
  const [text, setText] = useState(drafts.get(conversationId) ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const canSend = contentProblem(text.trim()) === null;

  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
    return client.stopTyping;
  }, [client]);

  function write(next: string) {
    setText(next);
    drafts.set(conversationId, next);
    if (next.trim() === "") client.stopTyping();
    else client.pressKey(conversationId);
  }

  function send() {
    if (!canSend) return;
    client.send({ conversationId, content: text.trim() });
    write("");
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes, Enter chooses a candidate; Safari says so only by the key code 229.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229)
      return;
    event.preventDefault();
    send();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        placeholder={t.write}
        aria-label={t.write}
        enterKeyHint="send"
        data-testid="composer"
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button type="submit" className="filled" aria-label={t.send} aria-disabled={!canSend}>
        <Shape path="M5 12h13M12 6l6 6-6 6" />
      </button>
    </form>
  );
}
