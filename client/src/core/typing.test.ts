import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTyping } from "./typing.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("keystrokes are told at most every 3 s, the end once after 2 s of rest", () => {
  const emit = vi.fn();
  const typing = createTyping(emit);
  for (let i = 0; i < 40; i++) {
    typing.press("a");
    vi.advanceTimersByTime(100);
  }
  expect(emit.mock.calls).toEqual([
    ["a", true],
    ["a", true],
  ]);
  vi.advanceTimersByTime(5_000);
  expect(emit.mock.calls.slice(2)).toEqual([["a", false]]);
});

test("another conversation ends the former one", () => {
  const emit = vi.fn();
  const typing = createTyping(emit);
  typing.press("a");
  typing.press("b");
  typing.stop();
  expect(emit.mock.calls).toEqual([
    ["a", true],
    ["a", false],
    ["b", true],
    ["b", false],
  ]);
});

test("somebody else's typing ends by itself after 5 s, or when they say so", () => {
  const typing = createTyping(() => undefined);
  typing.receive({ conversationId: "a", userId: "bob", isTyping: true });
  typing.receive({ conversationId: "a", userId: "eve", isTyping: true });
  expect(typing.state.getSnapshot()).toEqual({ a: ["bob", "eve"] });
  typing.receive({ conversationId: "a", userId: "bob", isTyping: false });
  expect(typing.state.getSnapshot()).toEqual({ a: ["eve"] });
  vi.advanceTimersByTime(5_000);
  expect(typing.state.getSnapshot()).toEqual({});
});
