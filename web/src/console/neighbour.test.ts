import { expect, test } from "vitest";
import { neighbour } from "./neighbour.ts";

test.each([
  ["behind", "abc", "b", 1, 1, "c"],
  ["before", "abc", "b", 1, -1, "a"],
  ["behind the last is nothing", "abc", "c", 2, 1, undefined],
  ["before the first is nothing", "abc", "a", 0, -1, undefined],
  ["none is open: the first", "abc", null, null, 1, "a"],
  ["none is open, backwards: the first", "abc", null, null, -1, "a"],
  ["an open one that was never listed: the first", "abc", "x", null, 1, "a"],
  ["it has left: what took its place", "acd", "b", 1, 1, "c"],
  ["it has left: what stood before it", "acd", "b", 1, -1, "a"],
  ["the last has left: the last there is", "abc", "d", 3, 1, "c"],
  ["the first has left: the first there is", "bc", "a", 0, -1, "b"],
  ["all have left", "", "a", 0, 1, undefined],
] as const)("%s", (_, order, openId, former, by, expected) => {
  expect(neighbour([...order], openId, former, by)).toBe(expected);
});
