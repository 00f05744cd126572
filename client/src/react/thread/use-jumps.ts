import { useEffect, useRef, useState } from "react";
import type { Thread } from "../../core/thread.ts";
import { readPage } from "../cache/thread-pages.ts";
import { useThreadUi } from "./thread-ui.tsx";

/** How long the message that one was led to stands out. */
const markedMs = 2_000;

/** Goes where a search result, a quote or an address leads, loading what is in between. Returns the seq to point out. */
export function useJumps(thread: Thread, scrollTo: (seq: number) => boolean): number | null {
  const target = useThreadUi()?.target ?? null;
  const [marked, setMarked] = useState<number | null>(null);
  const scroll = useRef(scrollTo);
  scroll.current = scrollTo;
  useEffect(() => {
    if (target === null) return;
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Down to the page that ends with it; one that cannot be reached is not gone to.
    readPage(thread, target.seq + 1, ended.signal).then(
      () => {
        if (ended.signal.aborted) return;
        setMarked(target.seq);
        // The rows that were just loaded are in the list with the next frame.
        requestAnimationFrame(() => !ended.signal.aborted && scroll.current(target.seq));
        timer = setTimeout(() => setMarked(null), markedMs);
      },
      () => undefined,
    );
    return () => {
      ended.abort();
      clearTimeout(timer);
      setMarked(null);
    };
  }, [thread, target]);
  return marked;
}
