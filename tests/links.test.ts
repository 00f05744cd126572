import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

/** Links between documents, with the headings that they name; and documents that code names. */

const root = path.resolve(import.meta.dirname, "..");
const notOurs = /(^|\/)(node_modules|dist|\.[^/]+)(\/|$)/;
const files = readdirSync(root, { withFileTypes: true })
  .filter(({ name }) => !notOurs.test(name))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(path.join(root, entry.name), { recursive: true, encoding: "utf8" })
          .map((file) => path.join(entry.name, file))
          .filter((file) => !notOurs.test(file))
      : [entry.name],
  );
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const pages = files.filter((file) => file.endsWith(".md"));

/** What is in code is no link and no heading. */
const prose = (text: string) =>
  text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]]/g, " "));

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading] of text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const plain = heading!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replace(/ /g, "-");
    let anchor = plain;
    for (let n = 1; found.has(anchor); n += 1) anchor = `${plain}-${n}`;
    found.add(anchor);
  }
  return found;
}

/** Null: it leads somewhere. */
function problemOf(page: string, link: string): string | null {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page : path.normalize(path.join(path.dirname(page), decodeURIComponent(file)));
  if (!existsSync(path.join(root, target))) return `${link}: there is no ${target}`;
  if (anchor === undefined) return null;
  if (!target.endsWith(".md")) return `${link}: has no headings`;
  return anchorsOf(read(target)).has(decodeURIComponent(anchor))
    ? null
    : `${link}: no such heading in ${target}`;
}

describe("links", () => {
  it("are looked at in every document", () => {
    expect(pages).toEqual(
      expect.arrayContaining(["README.md", "docs/operations.md", "infra/kubernetes/README.md"]),
    );
    expect(pages.length).toBeGreaterThan(60);
  });

  it.each(pages)("of %s lead to files and headings that there are", (page) => {
    const links = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const inside = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(inside.map((link) => problemOf(page, link)).filter((problem) => problem !== null)).toEqual([]);
  });

  it("are found to be dead by file, by heading, and by heading of the same page", () => {
    expect(problemOf("docs/operations.md", "scaling.md#a-pooler")).toBeNull();
    expect(problemOf("docs/operations.md", "#deploy")).toBeNull();
    expect(problemOf("docs/operations.md", "scaling.md#a-puller")).toContain("no such heading");
    expect(problemOf("docs/operations.md", "#deployed")).toContain("no such heading");
    expect(problemOf("docs/operations.md", "scalings.md")).toContain("there is no");
    expect([...anchorsOf("# A `b_c`, d: e\n## Ü & [f](g)\n## Ü & f\n```\n# no\n```\n")]).toEqual([
      "a-b_c-d-e",
      "ü--f",
      "ü--f-1",
    ]);
  });
});

describe("documents", () => {
  const sources = files.filter((file) => /(\.(ts|tsx|sql|ya?ml|cfg|mjs|css)|Dockerfile)$/.test(file));

  it("that code and configuration name are there", () => {
    const dead = sources.flatMap((file) =>
      [...read(file).matchAll(/\bdocs\/[\w/.-]+\.md(?:#[\w-]+)?/g)].flatMap(([link]) => {
        const problem = problemOf("README.md", link);
        return problem === null ? [] : [`${file}: ${problem}`];
      }),
    );
    expect(dead).toEqual([]);
  });
});
