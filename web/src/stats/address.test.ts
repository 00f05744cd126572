import { expect, test } from "vitest";
import {
  anyWaits,
  readStatsAddress,
  type StatsAddress,
  statsPath,
  waitsQuery,
  writeStatsAddress,
} from "./address.ts";

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
      business: true,
      hourOfWeek: "1-09",
    },
  },
  { ...plain, waits: { ...anyWaits, nobody: true } },
  { ...plain, waits: { ...anyWaits, outcome: "open", anyTime: true } },
])("%o is in the address and comes out of it", (address) => {
  const written = writeStatsAddress(address);
  expect(readStatsAddress(written.slice(statsPath.length))).toEqual(address);
});

test("nonsense is as if it were not there", () => {
  expect(readStatsAddress("?days=12&kind=odd")).toEqual(plain);
});

test("what waits now is asked for whenever it began, what waits of the range within it", () => {
  const range = { from: "2030-01-01T00:00:00Z", to: "2030-01-31T00:00:00Z", zone: "Europe/Paris" };
  const open = { ...anyWaits, outcome: "open" } as const;
  expect(waitsQuery({ ...open, anyTime: true }, range).toString()).toBe("outcome=open");
  expect(waitsQuery({ ...open, business: true, anyTime: true }, range).get("clock")).toBe("business");
  expect([...waitsQuery({ ...open, hourOfWeek: "1-09" }, range).keys()].sort()).toEqual([
    "from",
    "hourOfWeek",
    "outcome",
    "to",
    "zone",
  ]);
});
