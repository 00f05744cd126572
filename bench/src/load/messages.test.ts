import { expect, test } from "vitest";
import { contentOf, numberIn } from "./messages.ts";

test("a message's number is found again in whatever surrounds its text", () => {
  const content = contentOf(3, 1_204, 120);
  expect(content).toHaveLength(120);
  expect(numberIn(JSON.stringify(["new_message", { id: "a", content, seq: 5 }]), 3)).toBe(1_204);
});

test("another run's message and another event are not this run's", () => {
  expect(numberIn(JSON.stringify(["new_message", { content: contentOf(2, 7, 60) }]), 3)).toBe(-1);
  expect(numberIn(JSON.stringify(["new_message", { content: "hello" }]), 3)).toBe(-1);
  expect(numberIn(JSON.stringify(["unread", { total: 1 }]), 3)).toBe(-1);
});
