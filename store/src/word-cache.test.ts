import { expect, it } from "vitest";
import { createWordCache } from "./word-cache.ts";

const reader = () => {
  const asked: string[][] = [];
  const cache = createWordCache(4, async (words) => {
    asked.push(words);
    return words.map((word) => word.toUpperCase());
  });
  return { asked, cache };
};

it("asks for a word once", async () => {
  const { asked, cache } = reader();
  expect(["a", "b", "a"].map(await cache(["a", "b", "a"]))).toEqual(["A", "B", "A"]);
  expect(["b", "c"].map(await cache(["b", "c"]))).toEqual(["B", "C"]);
  expect(asked).toEqual([["a", "b"], ["c"]]);
});

it("forgets what was not asked for lately, and keeps what was", async () => {
  const { asked, cache } = reader();
  for (const word of ["a", "b", "c", "a", "d", "e", "a", "b"]) await cache([word]);
  expect(asked.flat()).toEqual(["a", "b", "c", "d", "e", "b"]);
});

it("answers for long words without keeping them", async () => {
  const { asked, cache } = reader();
  const long = "x".repeat(1_000);
  expect((await cache([long]))(long)).toBe("X".repeat(1_000));
  await cache([long]);
  expect(asked).toHaveLength(2);
});
