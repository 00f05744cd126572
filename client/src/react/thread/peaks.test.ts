import { expect, test } from "vitest";
import { peaksOf } from "./peaks.ts";

test("a waveform has the loudest moment of each part, relative to the loudest of all", () => {
  const samples = Float32Array.from([0, 0.1, -0.5, 0.2, 0, 0, 0.25, -0.1]);
  expect(peaksOf(samples, 4)).toEqual([expect.closeTo(0.2, 5), 1, 0, expect.closeTo(0.5, 5)]);
});

test("silence is flat, and a note shorter than its bars has them all", () => {
  expect(peaksOf(new Float32Array(8), 2)).toEqual([0, 0]);
  expect(peaksOf(Float32Array.from([1]), 3)).toEqual([1, 0, 0]);
});
