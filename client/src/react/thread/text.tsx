import { tokenize } from "linkifyjs";
import { Fragment, type ReactNode, useMemo } from "react";

/** A message's text with its links, as elements: nothing a person wrote is ever read as HTML. */
export function Text({ content }: { content: string }) {
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

export function partsOf(content: string): { text: string; href: string | null }[] {
  return tokenize(content).map((token) => {
    const text = token.toString();
    return { text, href: token.isLink ? safeHref(token.toHref("https")) : null };
  });
}

const allowed = new Set(["http:", "https:", "mailto:"]);

function safeHref(href: string): string | null {
  return URL.canParse(href) && allowed.has(new URL(href).protocol) ? href : null;
}
