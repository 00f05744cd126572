import { expect, test } from "vitest";
import { anyWaits, readStatsAddress, type StatsAddress, statsPath, writeStatsAddress } from "./address.ts";

const plain: StatsAddress = { days: 30, kind: null, agentId: null, business: false, waits: null };

test.each<StatsAddress>([
  plain,
  { ...plain, days: 90, kind: "support", agentId: "kim@x", business: true },
  { ...plain, waits: anyWaits },
  {
    ...plain,
    waits: {
      ...anyWaits,
      measure: "first_reply",
      outcome: "open",
      longerThan: 60,
      upTo: 300,
      hourOfWeek: "1-09",
    },
  },
  { ...plain, waits: { ...anyWaits, nobody: true } },
])("%o is in the address and comes out of it", (address) => {
  const written = writeStatsAddress(address);
  expect(readStatsAddress(written.slice(statsPath.length))).toEqual(address);
});

test("nonsense is as if it were not there", () => {
  expect(readStatsAddress("?days=12&kind=odd")).toEqual(plain);
});
