import { remember, remembered } from "@parloir/client/react/remembered.ts";
import { useEffect, useRef, useState } from "react";

export const keyOf = {
  next: "j",
  previous: "k",
  select: "x",
  assign: "a",
  close: "e",
  reopen: "o",
  reply: "r",
  note: "n",
  canned: "/",
  search: "f",
  context: "i",
  leave: "escape",
  help: "?",
} as const;
export type KeyAction = keyof typeof keyOf;

export interface Keys {
  on: boolean;
  setOn(on: boolean): void;
}

const setting = "console-keys";

/** Single keys act where no text is written. They can be switched off: speech input and some hands press them. */
export function useKeys(actions: Record<Exclude<KeyAction, "leave">, () => unknown>): Keys {
  const [on, setOn] = useState(() => remembered(setting) !== "off");
  const latest = useRef(actions);
  latest.current = actions;

  useEffect(() => {
    if (!on) return;
    function onKeyDown(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.key === "Escape") leaveField(event);
      const found = Object.entries(keyOf).find(([, key]) => key === event.key.toLowerCase());
      if (!found || isElsewhere(event)) return;
      const action = found[0] as KeyAction;
      if (action === "leave") return;
      // The «/» itself is to arrive in the field that is focused now.
      if (action !== "canned") event.preventDefault();
      latest.current[action]();
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [on]);

  return {
    on,
    setOn(next) {
      remember(setting, next ? null : "off");
      setOn(next);
    },
  };
}

/** So that the keys act again. What the field itself does with it comes first: a list closes, a search is emptied. */
function leaveField({ target, defaultPrevented }: KeyboardEvent): void {
  if (defaultPrevented || document.querySelector("dialog[open]")) return;
  const isSearch = target instanceof HTMLInputElement && target.type === "search";
  if (isSearch && target.value !== "") return;
  if (isSearch || target instanceof HTMLTextAreaElement) target.blur();
}

/** Somebody writes, chooses, or has a dialog before them. A checkbox takes no letters: a row's has the focus when it was ticked. */
function isElsewhere({ target }: KeyboardEvent): boolean {
  if (document.querySelector("dialog[open]")) return true;
  if (target instanceof HTMLInputElement) return target.type !== "checkbox";
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
