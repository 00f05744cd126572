import { expect, test } from "vitest";
import { partsOf } from "./text.tsx";

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
