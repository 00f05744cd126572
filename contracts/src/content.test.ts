import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentProblem, maxContentBytes, maxContentCharacters } from "./content.ts";

const rightToLeftOverride = "\u202e";

describe("contentProblem", () => {
  it.each([
    ["a letter", "a"],
    ["spaces around", "  a  "],
    ["a newline inside", "a\nb"],
    ["an emoji of several code points", "👩‍👩‍👧‍👦"],
    ["a bidirectional override with text", `${rightToLeftOverride}abc`],
    ["markup", '<img src=x onerror="alert(1)">'],
    ["a combining mark on a letter", "é"],
    ["exactly the most characters", "x".repeat(maxContentCharacters)],
    ["the most characters, the widest", "🙂".repeat(maxContentCharacters)],
    ["punctuation alone", "?"],
    ["invisible characters and then a letter", "\u200b\u200b\u3164a"],
  ])("accepts %s", (_, content) => {
    expect(contentProblem(content)).toBeNull();
  });

  it.each([
    ["nothing", ""],
    ["blanks", " \t\r\n\u00a0"],
    ["zero-width characters", "\u200b\u200c\u200d\u2060\ufeff"],
    ["a soft hyphen", "\u00ad"],
    ["Hangul fillers", "\u115f\u1160\u3164\uffa0"],
    ["braille blank", "\u2800"],
    ["only overrides", rightToLeftOverride],
    ["variation selectors", "\ufe0e\u{e0100}"],
    ["a code point reserved for tags", "\u{e0002}"],
    ["NUL alone", "\u0000"],
    ["NUL inside", "a\u0000b"],
    ["a lone high surrogate", "a\ud800"],
    ["a lone low surrogate", "\udc00a"],
    ["surrogates the wrong way round", "\udc00\ud800"],
  ])("refuses %s as INVALID", (_, content) => {
    expect(contentProblem(content)?.code).toBe("INVALID");
  });

  it.each([
    ["one character too many", "x".repeat(maxContentCharacters + 1)],
    ["one wide character too many", "🙂".repeat(maxContentCharacters + 1)],
    ["10,000 combining marks", `e${"\u0301".repeat(10_000)}`],
    ["a megabyte", "x".repeat(1_000_000)],
  ])("refuses %s as TOO_LARGE", (_, content) => {
    expect(contentProblem(content)?.code).toBe("TOO_LARGE");
  });

  it("agrees, in spite of its short cuts, with counting everything", () => {
    const bytes = (text: string) => new TextEncoder().encode(text).length;
    const slowly = (text: string) => {
      if ([...text].length > maxContentCharacters || bytes(text) > maxContentBytes) return "TOO_LARGE";
      if (text.includes("\u0000") || !text.isWellFormed()) return "INVALID";
      const visible = /[^\s\p{Cc}\p{Cf}\p{Zs}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);
      return visible ? undefined : "INVALID";
    };
    const odd = fc.constantFrom(
      "a",
      "é",
      "🙂",
      "\u0000",
      "\ud800",
      "\u200b",
      "\u3164",
      "\u2800",
      "\u115f",
      "\ufe0f",
      "\u{e0002}",
      " ",
      "\u0301",
    );
    const unit = fc.oneof(odd, fc.string({ unit: "binary", minLength: 1, maxLength: 1 }));
    const text = fc
      .tuple(
        fc.array(unit, { maxLength: 12 }),
        odd,
        fc.constantFrom(0, 1, 1_333, 1_334, 3_999, 4_000, 4_001, 8_001),
      )
      .map(([units, filler, count]) => units.join("") + filler.repeat(count));
    fc.assert(
      fc.property(text, (content) => {
        expect(contentProblem(content)?.code).toBe(slowly(content));
      }),
      { numRuns: 400 },
    );
  });
});
