import { useLayoutEffect } from "react";

/** Grows with its text where `field-sizing` is unknown: after every render, because each may have changed the text. */
export function useGrowing(field: { current: HTMLTextAreaElement | null }): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (!element || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  });
}

/** Puts words where the cursor is, and the cursor behind them. */
export function insertAtCursor(
  field: HTMLTextAreaElement | null,
  words: string,
  write: (text: string) => void,
): void {
  if (!field) return;
  const { value, selectionStart, selectionEnd } = field;
  write(value.slice(0, selectionStart) + words + value.slice(selectionEnd));
  const end = selectionStart + words.length;
  // The field has its new text with the next frame.
  requestAnimationFrame(() => {
    field.focus();
    field.setSelectionRange(end, end);
  });
}

/** The cursor at the end of its text. What is hidden takes no focus, as a list's rows until it has found its place. */
export function focusOnceSeen(field: HTMLTextAreaElement): () => void {
  let frame = 0;
  const take = () => {
    field.focus();
    const { activeElement } = field.getRootNode() as Document | ShadowRoot;
    if (activeElement === field) field.setSelectionRange(field.value.length, field.value.length);
    else frame = requestAnimationFrame(take);
  };
  take();
  return () => cancelAnimationFrame(frame);
}
