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
  help: "?",
} as const;
export type KeyAction = keyof typeof keyOf;

export interface Keys {
  on: boolean;
  setOn(on: boolean): void;
}

const setting = "console-keys";

/** Single keys act where no text is written. They can be switched off: speech input and some hands press them. */
export function useKeys(actions: Record<KeyAction, () => unknown>): Keys {
  const [on, setOn] = useState(() => remembered(setting) !== "off");
  const latest = useRef(actions);
  latest.current = actions;

  useEffect(() => {
    if (!on) return;
    function onKeyDown(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isElsewhere(event)) return;
      const found = Object.entries(keyOf).find(([, key]) => key === event.key.toLowerCase());
      if (!found) return;
      const [action] = found as [KeyAction, string];
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

/** Somebody writes, chooses, or has a dialog before them. */
function isElsewhere({ target }: KeyboardEvent): boolean {
  if (document.querySelector("dialog[open]")) return true;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
