import { describe, expect, it } from "vitest";
import { wentBack } from "./epoch-guard.ts";

const known = { system: "7", flushed: 1_000n };

describe("the position of the log", () => {
  it.each([
    ["the same", { system: "7", flushed: 1_000n }],
    ["further on", { system: "7", flushed: 2n ** 63n }],
  ])("%s is the same history", (_, now) => {
    expect(wentBack(known, now)).toBe(false);
  });

  it.each([
    ["less than was there", { system: "7", flushed: 999n }],
    ["of another initdb, however far", { system: "8", flushed: 2n ** 63n }],
  ])("%s is an older state", (_, now) => {
    expect(wentBack(known, now)).toBe(true);
  });
});
