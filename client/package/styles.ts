import { readFile } from "node:fs/promises";
import path from "node:path";
import { type SelectorComponent, transform } from "lightningcss";

/**
 * The style sheet of the package. Its names are short and the host's page has its own, so every rule holds for elements
 * of the class `parloir` and what is in them only. Not by `@scope`: its rules never match the scoping root itself, on
 * which `widget` and `chat-box` stand, and browsers of last year lack it.
 */
export async function packageStyles(folder: string): Promise<string> {
  const index = await readFile(path.join(folder, "index.css"), "utf8");
  const files = [...index.matchAll(/@import "\.\/([a-z-]+\.css)"/g)].map(([, name]) => name!);
  const all = await Promise.all(files.map((name) => readFile(path.join(folder, name))));
  const { code } = transform({
    filename: "styles.css",
    code: Buffer.concat(all),
    visitor: { Selector: (selector) => (selector.some(isScope) ? selector : scoped(selector)) },
  });
  return code.toString();
}

type Selector = SelectorComponent[];

const root: SelectorComponent = { type: "class", name: "parloir" };
const within: Selector = [root, { type: "combinator", value: "descendant" }, { type: "universal" }];
/** Weighs nothing: rules override each other as in the pages of this repository. */
const inside: SelectorComponent = { type: "pseudo-class", kind: "where", selectors: [[root], within] };
/** Only the outermost: one within another has that one's theme. */
const outermost: SelectorComponent = {
  type: "pseudo-class",
  kind: "where",
  selectors: [[{ type: "pseudo-class", kind: "not", selectors: [within] }]],
};

/** Rules for the root say so themselves; and what is put in is visited as well. */
function isScope(part: SelectorComponent): boolean {
  return part.type === "class" && part.name === "parloir";
}

function scoped(selector: Selector): Selector {
  const page = selector.findIndex((part) => part.type === "pseudo-class" && part.kind === "root");
  if (page >= 0) return selector.toSpliced(page, 1, root, ...(selector.length === 1 ? [outermost] : []));
  const end = selector.findIndex(({ type }) => type === "combinator" || type === "pseudo-element");
  return end < 0 ? [...selector, inside] : selector.toSpliced(end, 0, inside);
}
