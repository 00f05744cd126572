// @vitest-environment happy-dom
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ChatLanguage, useTexts } from "./language.tsx";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(2026, 0, 15, 23, 59, 50) });
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
});
afterEach(() => vi.useRealTimers());

function When({ date }: { date: Date }) {
  const { formats } = useTexts();
  return (
    <p>
      {formats.day(date)} {formats.brief(date)}
    </p>
  );
}

test("what is of today is of yesterday after midnight, without anything else happening", async () => {
  const place = document.createElement("div");
  const root = createRoot(place);
  await act(() =>
    root.render(
      <ChatLanguage language="en-GB">
        <When date={new Date(2026, 0, 15, 14, 5)} />
      </ChatLanguage>,
    ),
  );
  expect(place.textContent).toBe("Today 14:05");
  await act(() => vi.advanceTimersByTimeAsync(20_000));
  expect(place.textContent).toBe("Yesterday Thu");
  // The next midnight, too: each sets the clock for the one after it.
  await act(() => vi.advanceTimersByTimeAsync(86_400_000));
  expect(place.textContent).toBe("Thursday 15 January Thu");
  await act(() => root.unmount());
});
