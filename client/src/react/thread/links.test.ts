import fc from "fast-check";
import { expect, test } from "vitest";
import { partsOf } from "./links.ts";
import { mayHaveLinks } from "./may-have-links.ts";

test.each([
  ["see https://example.org/a?b=1.", "https://example.org/a?b=1"],
  ["see example.org today", "https://example.org"],
  ["write to ana@example.org", "mailto:ana@example.org"],
])("%s has the link %s", (content, href) => {
  const parts = partsOf(content);
  expect(parts.map((part) => part.text).join("")).toBe(content);
  expect(parts.find((part) => part.href !== null)?.href).toBe(href);
});

test.each([
  "javascript:alert(1)",
  "data:text/html,hello",
  "file:///etc/passwd",
  "no link at all",
  "<b>bold</b>",
])("%s is plain text", (content) => {
  expect(partsOf(content).every((part) => part.href === null)).toBe(true);
});

test("a text that cannot have a link is told without looking for one, and no link is missed that way", () => {
  expect(["Message 12", "Hello. How are you?", "at 10:30", "a@ b", ""].filter(mayHaveLinks)).toEqual([]);
  const piece = fc.constantFrom(
    ..."a.b@:/ -_\n?!é".split(""),
    ...[
      "http",
      "https://",
      "mailto:",
      "ftp://",
      "example",
      "com",
      "localhost",
      "LocalHost",
      "fr",
      "127",
      "www",
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const content = pieces.join("");
      if (partsOf(content).some((part) => part.href !== null)) expect(mayHaveLinks(content)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
