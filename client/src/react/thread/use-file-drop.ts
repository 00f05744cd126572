import { type RefObject, useEffect, useRef, useState } from "react";

/**
 * Files dropped anywhere on the thread, not on its composer alone: what is let go a finger's breadth beside it would
 * otherwise open in the place of the page. A composer that stands outside a thread takes what falls on itself.
 *
 * @returns where to show that files may be let go: the surface, while some are held over it
 */
export function useFileDrop(
  composer: RefObject<HTMLElement | null>,
  take: (files: Iterable<File>) => void,
): HTMLElement | null {
  const [over, setOver] = useState<HTMLElement | null>(null);
  const latest = useRef(take);
  latest.current = take;

  useEffect(() => {
    const surface = composer.current?.closest<HTMLElement>(".thread") ?? composer.current;
    if (!surface) return;
    const ended = new AbortController();
    const on = (type: "dragover" | "dragleave" | "drop", listener: (event: DragEvent) => void) =>
      surface.addEventListener(type, listener, { signal: ended.signal });
    on("dragover", (event) => {
      // Text that is dragged into a field is the field's.
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      setOver(surface);
    });
    on("dragleave", ({ relatedTarget }) => {
      // From one element of it to the next is no leaving.
      if (!(relatedTarget instanceof Node && surface.contains(relatedTarget))) setOver(null);
    });
    on("drop", (event) => {
      setOver(null);
      const files = event.dataTransfer?.files;
      if (!files || files.length === 0) return;
      event.preventDefault();
      latest.current(files);
    });
    return () => ended.abort();
  }, [composer]);

  return over;
}
