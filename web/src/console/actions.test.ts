import { CodedError } from "@parloir/contracts/errors.ts";
import { expect, test } from "vitest";
import { all } from "./actions.ts";

test("many at once: each is done once, a few at a time, and what fails does not stop the others", async () => {
  let running = 0;
  let most = 0;
  const { done, failed } = await all([1, 2, 3, 4, 5, 6, 7, 8, 9], async (item) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running -= 1;
    if (item === 5) throw new CodedError("CONFLICT", "taken", { present: "ben" });
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
  expect(failed).toMatchObject([{ item: 5, error: { code: "CONFLICT", present: "ben" } }]);
  expect(most).toBe(4);
});

test("who is too fast waits as long as the server says, and does it then", async () => {
  let refusals = 2;
  const { done, failed } = await all(["one"], async () => {
    if (refusals-- > 0) throw new CodedError("RATE_LIMITED", "too many requests", { retryAfterMs: 5 });
  });
  expect([done, failed]).toEqual([["one"], []]);
});
