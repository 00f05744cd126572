import { createCell, type Observable } from "./observable.ts";

export interface Attention {
  /** The page is on screen. */
  visible: boolean;
  /** The page has the keyboard. */
  focused: boolean;
}

export type AttentionSource = Observable<Attention> & { close(): void };

/** Follows the page this runs in; outside a browser somebody is taken to be looking. */
export function pageAttention(): AttentionSource {
  if (typeof document === "undefined") {
    return { ...createCell<Attention>({ visible: true, focused: true }), close: () => undefined };
  }
  const read = (): Attention => ({
    visible: document.visibilityState === "visible",
    focused: document.hasFocus(),
  });
  const cell = createCell(read());
  const look = () =>
    cell.update((present) => {
      const next = read();
      return next.visible === present.visible && next.focused === present.focused ? present : next;
    });
  const ended = new AbortController();
  const { signal } = ended;
  document.addEventListener("visibilitychange", look, { signal });
  window.addEventListener("focus", look, { signal });
  window.addEventListener("blur", look, { signal });
  return { ...cell, close: () => ended.abort() };
}
