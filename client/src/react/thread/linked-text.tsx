import { Fragment, type ReactNode, useMemo } from "react";
import { partsOf } from "./links.ts";

/** As elements: nothing a person wrote is ever read as HTML. */
export default function LinkedText({ content }: { content: string }) {
  const parts = useMemo(() => partsOf(content), [content]);
  return parts.map((part, index): ReactNode => {
    const key = index; // Parts of one fixed text never move.
    if (part.href === null) return <Fragment key={key}>{part.text}</Fragment>;
    return (
      <a key={key} href={part.href} target="_blank" rel="noopener noreferrer">
        {part.text}
      </a>
    );
  });
}
