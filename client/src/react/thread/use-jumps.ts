import { useEffect, useRef, useState } from "react";
import type { Thread } from "../../core/thread.ts";
import { readPage } from "../cache/thread-pages.ts";
import { useThreadUi } from "./thread-ui.tsx";

/** How long the message that one was led to stands out. */
const markedMs = 2_000;
/** What is loaded already is there with the next frame: nothing is said of it. */
const patienceMs = 200;

export interface Jump {
  /** The seq to point out. */
  marked: number | null;
  /** `gone`: it is not there for this person any more. */
  state: "idle" | "loading" | "failed" | "gone";
  retry(): void;
  /** Ends it, or what is said of it. */
  dismiss(): void;
}

/** Goes where a search result, a quote or an address leads, loading what is in between. */
export function useJumps(thread: Thread, scrollTo: (seq: number) => void): Jump {
  const ui = useThreadUi();
  const target = ui?.target ?? null;
  const [marked, setMarked] = useState<number | null>(null);
  const [state, setState] = useState<Jump["state"]>("idle");
  const scroll = useRef(scrollTo);
  scroll.current = scrollTo;
  useEffect(() => {
    if (target === null) return;
    const ended = new AbortController();
    let timer = setTimeout(() => setState("loading"), patienceMs);
    function arrive(seq: number) {
      setState("idle");
      setMarked(seq);
      // The rows that were just loaded are in the list with the next frame.
      requestAnimationFrame(() => !ended.signal.aborted && scroll.current(seq));
      timer = setTimeout(() => setMarked(null), markedMs);
    }
    // Down to the page that ends with it.
    readPage(thread, target.seq + 1, ended.signal).then(
      ({ messages }) => {
        if (ended.signal.aborted) return;
        clearTimeout(timer);
        if (messages.at(-1)?.seq === target.seq) arrive(target.seq);
        else setState("gone");
      },
      () => {
        clearTimeout(timer);
        if (!ended.signal.aborted) setState("failed");
      },
    );
    return () => {
      ended.abort();
      clearTimeout(timer);
      setMarked(null);
      setState("idle");
    };
  }, [thread, target]);
  return {
    marked,
    state,
    retry: () => target && ui?.jumpTo(target.seq),
    dismiss: () => ui?.jumpTo(null),
  };
}
