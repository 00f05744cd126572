import { expect, test } from "vitest";
import { holdOrder } from "./held-order.ts";

const order = (shown: string, present: string) => {
  const { ids, waiting } = holdOrder([...shown], [...present]);
  return [ids.join(""), waiting];
};

test.each([
  ["nothing was shown", "", "abc", "abc", 0],
  ["nothing changed", "abc", "abc", "abc", 0],
  ["one came in", "abc", "xabc", "abc", 1],
  ["one moved up", "abc", "cab", "abc", 1],
  ["two did, and one came in", "abcd", "xdcab", "abcd", 3],
  ["one is gone and keeps its place", "abc", "bc", "abc", 0],
  ["the next page came", "abc", "abcde", "abcde", 0],
  ["all are gone", "ab", "xy", "ab", 2],
])("while rows are held: %s", (_, shown, present, ids, waiting) => {
  expect(order(shown, present)).toEqual([ids, waiting]);
});
