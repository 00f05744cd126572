import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoTime } from "./database.ts";

/** How Postgres writes a timestamptz(3) in UTC: a space, no trailing zeros, `+00`. */
function asPostgres(date: Date): string {
  const [day, time] = date.toISOString().replace("Z", "").split("T") as [string, string];
  return `${day} ${time.replace(/\.?0+$/, (zeros) => (zeros.startsWith(".") ? "" : zeros.replace(/0+$/, "")))}+00`;
}

describe("isoTime", () => {
  it.each([
    ["2026-11-21 01:02:03.4+00", "2026-11-21T01:02:03.400Z"],
    ["2026-11-21 01:02:03+00", "2026-11-21T01:02:03.000Z"],
    ["2026-11-21 01:02:03.04+00", "2026-11-21T01:02:03.040Z"],
    ["2026-11-21 01:02:03.456+00", "2026-11-21T01:02:03.456Z"],
    ["1999-12-31 23:59:59.999+00", "1999-12-31T23:59:59.999Z"],
  ])("%s is %s", (text, expected) => {
    expect(isoTime(text)).toBe(expected);
  });

  it("says what Date says, for every moment of the protocol", () => {
    const moment = fc.date({ min: new Date("1970-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(moment, (date) => {
        expect(isoTime(asPostgres(date))).toBe(date.toISOString());
      }),
    );
  });
});
