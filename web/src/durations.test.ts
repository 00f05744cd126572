import { expect, test } from "vitest";
import { durationIn } from "./durations.ts";

test.each([
  [0, "0s"],
  [1.24, "1.2s"],
  [45.4, "45s"],
  [59.7, "60s"],
  [90, "2m"],
  [3_600, "1h"],
  [11_100, "3h 5m"],
  [86_400, "1d"],
  [187_200, "2d 4h"],
])("%d seconds are %s", (seconds, words) => {
  expect(durationIn("en")(seconds)).toBe(words);
});
