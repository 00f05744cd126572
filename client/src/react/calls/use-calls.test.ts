import { expect, test } from "vitest";
import { createIdleClient } from "../idle-client.ts";
import { callsOf, holdCalls } from "./use-calls.ts";

const aMoment = () => new Promise((resolve) => setTimeout(resolve, 20));

test("calls outlive a window that another one replaces at once, and no longer the last one", async () => {
  const client = createIdleClient();
  const leave = holdCalls(client);
  const mine = callsOf(client);
  // As React's strict mode does, and a window on each route.
  leave();
  const leaveNext = holdCalls(client);
  await aMoment();
  expect(callsOf(client)).toBe(mine);
  leaveNext();
  await aMoment();
  expect(callsOf(client)).not.toBe(mine);
});
