import { useEffect, useRef, useState } from "react";
import type { Thread } from "../../core/thread.ts";
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
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    void reach(thread, target.seq, () => isCurrent).then((reached) => {
      if (!reached || !isCurrent) return;
      setMarked(target.seq);
      // The rows that were just loaded are in the list with the next frame.
      requestAnimationFrame(() => isCurrent && scroll.current(target.seq));
      timer = setTimeout(() => setMarked(null), markedMs);
    });
    return () => {
      isCurrent = false;
      clearTimeout(timer);
      setMarked(null);
    };
  }, [thread, target]);
  return marked;
}

/** Loads older pages until the message is there. False when it cannot be reached. */
async function reach(thread: Thread, seq: number, goesOn: () => boolean): Promise<boolean> {
  for (;;) {
    const { messages, hasOlder } = thread.state.getSnapshot();
    const first = messages[0]?.seq;
    if (first === undefined || !goesOn()) return false;
    if (first <= seq) return true;
    await thread.loadOlder();
    const isStuck = thread.state.getSnapshot().messages[0]?.seq === first;
    if (!hasOlder || isStuck) return false;
  }
}
