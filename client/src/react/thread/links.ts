import { tokenize } from "linkifyjs";

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
