import { describe, expect, it } from "vitest";
import { snippetOf } from "./snippet.ts";

const mark = (text: string) => text.replaceAll("[", "\u0001").replaceAll("]", "\u0002");
const textOf = (content: string, ...marked: string[]) =>
  snippetOf(content, marked.map(mark))
    .map(({ text, match }) => (match ? `[${text}]` : text))
    .join("");

describe("a snippet", () => {
  it("joins what several ways of matching found", () => {
    expect(textOf("two late orders", "two [late] orders", "two late [orders]")).toBe("two [late] [orders]");
    expect(textOf("two late orders", "[two late] orders", "two [late] orders")).toBe("[two late] orders");
  });

  it("is the content's own text, whatever stands in it", () => {
    const content = "<img src=x onerror=alert(1)> & order";
    const plain = "[ img] src x onerror alert(1)    [order]";
    expect(textOf(content, plain)).toBe("[<img] src=x onerror=alert(1)> & [order]");
  });

  it("marks nothing when the marked text is not as long as the content", () => {
    expect(textOf("order", "[an order]")).toBe("order");
  });

  it("is cut at words around the first match of a long text", () => {
    const content = `${"before ".repeat(40)}order ${"after ".repeat(100)}end`;
    const snippet = textOf(content, content.replace("order", "[order]"));
    expect(snippet).toMatch(/^…before (before )+\[order\] (after )+after…$/);
    expect(snippet.length).toBeLessThan(230);
  });

  it("never cuts a character in two", () => {
    const content = "😀".repeat(300);
    const all = snippetOf(content, [`${"😀".repeat(150)}\u0001😀\u0002${"😀".repeat(149)}`]);
    expect(all.every(({ text }) => text.isWellFormed())).toBe(true);
    expect(all.some(({ match }) => match)).toBe(true);
  });

  it("of an empty text is empty", () => {
    expect(snippetOf("", [""])).toEqual([]);
  });
});
