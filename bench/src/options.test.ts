import { expect, test } from "vitest";
import { parseOptions, UsageError } from "./options.ts";

test("both targets at a fixed rate by default, a lower window when searching", () => {
  expect(parseOptions([])).toMatchObject({
    targets: ["ours", "reference"],
    rate: 300,
    seconds: 20,
    saturate: false,
  });
  expect(parseOptions(["--saturate"])).toMatchObject({ rate: 400, seconds: 8, saturate: true });
});

test.each([
  [["--rate", "many"]],
  [["--rate", "0"]],
  [["--pairs", "1.5"]],
  [["--only", "theirs"]],
  [["--what"]],
  [["x"]],
])("%j is refused in a sentence", (argv) => {
  expect(() => parseOptions(argv)).toThrow(UsageError);
});
