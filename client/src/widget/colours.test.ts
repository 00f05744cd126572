import { describe, expect, test } from "vitest";
import { isColour, readableOn } from "./colours.ts";

describe("the colour of a host", () => {
  test.each([
    ["#000000", "#ffffff"],
    ["#2563eb", "#ffffff"],
    ["#047857", "#ffffff"],
    // The lightest grey on which white still has a contrast of 4.5, and the next.
    ["#767676", "#ffffff"],
    ["#777777", "#0f172a"],
    ["#fde047", "#0f172a"],
    ["#FFFFFF", "#0f172a"],
  ])("text on %s is %s", (colour, text) => {
    expect(readableOn(colour)).toBe(text);
  });

  test.each([undefined, "", "red", "#fff", "#12345g", "#2563eb;display:none", " #2563eb"])(
    "%j is none",
    (text) => {
      expect(isColour(text)).toBe(false);
    },
  );
});
