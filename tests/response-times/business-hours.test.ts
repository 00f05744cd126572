import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { cloneDatabase } from "../setup/database.ts";

const clone = await cloneDatabase();
afterAll(() => clone.drop());
beforeEach(() => clone.pool.query("DELETE FROM schedules"));

interface Version {
  validFrom: string;
  zone: string;
  hours: { day: number; from: string; to: string }[];
  holidays?: string[];
}

async function schedule(...versions: Version[]): Promise<void> {
  for (const { validFrom, zone, hours, holidays = [] } of versions) {
    await clone.pool.query(
      "INSERT INTO schedules (valid_from, zone, hours, holidays) VALUES ($1, $2, $3, $4)",
      [validFrom, zone, JSON.stringify(hours), holidays],
    );
  }
}

/** Minutes; null without a schedule. */
async function businessMinutes(from: string, to: string): Promise<number | null> {
  const text = "SELECT business_ms($1, $2)::float8 AS ms";
  const { rows } = await clone.pool.query<{ ms: number | null }>(text, [from, to]);
  return rows[0]!.ms === null ? null : rows[0]!.ms / 60_000;
}

const everyDay = (...hours: [string, string][]) =>
  [1, 2, 3, 4, 5, 6, 7].flatMap((day) => hours.map(([from, to]) => ({ day, from, to })));
const weekdays = (...hours: [string, string][]) => everyDay(...hours).filter(({ day }) => day <= 5);
const paris = { validFrom: "2020-01-01T00:00Z", zone: "Europe/Paris" };

describe("worked by hand", () => {
  // 2026-06-05 is a Friday; Paris is at +02:00.
  const office: Version = { ...paris, hours: weekdays(["09:00", "12:00"], ["14:00", "18:00"]) };

  it.each([
    ["within an interval", "2026-06-05T10:00+02:00", "2026-06-05T10:25+02:00", 25],
    ["over the lunch break", "2026-06-05T11:50+02:00", "2026-06-05T14:10+02:00", 20],
    ["in the lunch break alone", "2026-06-05T12:00+02:00", "2026-06-05T14:00+02:00", 0],
    ["over the night", "2026-06-04T17:30+02:00", "2026-06-05T09:30+02:00", 60],
    ["over the weekend", "2026-06-05T17:45+02:00", "2026-06-08T09:15+02:00", 30],
    ["on a Sunday", "2026-06-07T10:00+02:00", "2026-06-07T16:00+02:00", 0],
    ["a whole week", "2026-06-01T00:00+02:00", "2026-06-08T00:00+02:00", 5 * 7 * 60],
    ["no time at all", "2026-06-05T10:00+02:00", "2026-06-05T10:00+02:00", 0],
  ])("%s", async (_, from, to, minutes) => {
    await schedule(office);
    expect(await businessMinutes(from, to)).toBe(minutes);
  });

  it.each([
    [
      "the day the clock goes forward has 23 hours",
      "2026-03-29",
      "2026-03-29T00:00+01:00",
      "2026-03-30T00:00+02:00",
      23,
    ],
    [
      "the day the clock goes back has 25 hours",
      "2026-10-25",
      "2026-10-25T00:00+02:00",
      "2026-10-26T00:00+01:00",
      25,
    ],
    ["a usual day has 24", "2026-06-05", "2026-06-05T00:00+02:00", "2026-06-06T00:00+02:00", 24],
  ])("%s: %s, open around the clock", async (_, __, from, to, hours) => {
    await schedule({ ...paris, hours: everyDay(["00:00", "24:00"]) });
    expect(await businessMinutes(from, to)).toBe(hours * 60);
  });

  it("a night shift is an hour shorter and longer on those days", async () => {
    await schedule({ ...paris, hours: everyDay(["01:00", "05:00"]) });
    expect(await businessMinutes("2026-03-29T00:00+01:00", "2026-03-29T12:00+02:00")).toBe(3 * 60);
    expect(await businessMinutes("2026-10-25T00:00+02:00", "2026-10-25T12:00+01:00")).toBe(5 * 60);
  });

  it("an office keeps its local hours on both sides of a change", async () => {
    await schedule({ ...paris, hours: everyDay(["09:00", "17:00"]) });
    // From Saturday 16:00 (+01:00) to Sunday 10:00 (+02:00), 17 hours by the sun: one hour each day.
    expect(await businessMinutes("2026-03-28T16:00+01:00", "2026-03-29T10:00+02:00")).toBe(2 * 60);
  });

  it("holidays are closed, in the zone's own day", async () => {
    await schedule({ ...paris, hours: everyDay(["00:00", "24:00"]), holidays: ["2026-05-01"] });
    expect(await businessMinutes("2026-04-30T22:00Z", "2026-05-01T22:00Z")).toBe(0);
    expect(await businessMinutes("2026-04-30T21:00Z", "2026-05-01T23:00Z")).toBe(120);
  });

  it("without a schedule at its start a wait has none, however it ends", async () => {
    expect(await businessMinutes("2026-06-05T10:00Z", "2026-06-05T11:00Z")).toBeNull();
    await schedule({ ...office, validFrom: "2026-06-05T10:30Z" });
    expect(await businessMinutes("2026-06-05T10:00Z", "2026-06-05T11:00Z")).toBeNull();
    expect(await businessMinutes("2026-06-05T12:15Z", "2026-06-05T12:20Z")).toBe(5);
  });

  it("each version counts for its own time, in its own zone", async () => {
    await schedule(
      { validFrom: "2020-01-01T00:00Z", zone: "UTC", hours: everyDay(["09:00", "10:00"]) },
      { validFrom: "2026-06-03T00:00Z", zone: "America/New_York", hours: everyDay(["09:00", "11:00"]) },
    );
    // Two mornings of the old one, one of the new: 13:00 to 15:00 UTC.
    expect(await businessMinutes("2026-06-01T00:00Z", "2026-06-04T00:00Z")).toBe(60 + 60 + 120);
  });
});

/** Asks the zone's clock at every minute. Slow and obvious, and of another time zone database than Postgres'. */
function byTheMinute(
  { zone, hours, holidays = [] }: Omit<Version, "validFrom">,
  from: number,
  to: number,
): number {
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const days = ["", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  let minutes = 0;
  for (let at = from; at < to; at += 60_000) {
    const part = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
    const now = `${part.hour}:${part.minute}`;
    const isOpen = hours.some(({ day, from, to }) => days[day] === part.weekday && from <= now && now < to);
    if (isOpen && !holidays.includes(`${part.year}-${part.month}-${part.day}`)) minutes += 1;
  }
  return minutes;
}

describe("any schedule", () => {
  const zones = [
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "UTC",
  ];
  // Around the days on which their clocks change in 2026, and elsewhere.
  const starts = [
    "2026-03-07",
    "2026-03-28",
    "2026-04-04",
    "2026-04-23",
    "2026-10-03",
    "2026-10-24",
    "2026-10-29",
    "2026-10-31",
    "2026-12-30",
  ];
  // Not at a local time that a clock skips or repeats: which of the two is meant is a matter of definition.
  const time = fc.constantFrom("00:00", "05:45", "04:00", "08:30", "09:00", "12:15", "17:00", "22:40");
  const interval = fc
    .record({ day: fc.integer({ min: 1, max: 7 }), from: time, to: fc.oneof(time, fc.constant("24:00")) })
    .filter(({ from, to }) => from < to);
  const apart = (all: { day: number; from: string; to: string }[]) =>
    all.every((a, n) => all.slice(n + 1).every((b) => a.day !== b.day || a.to <= b.from || b.to <= a.from));
  const any = fc.record({
    zone: fc.constantFrom(...zones),
    hours: fc.array(interval, { minLength: 1, maxLength: 12 }).filter(apart),
    holidays: fc.uniqueArray(fc.constantFrom("2026-03-29", "2026-10-25", "2026-12-31"), { maxLength: 2 }),
  });
  const minutes = (max: number) => fc.integer({ min: 0, max });

  it("counts what a person with a clock of that zone would count", async () => {
    await fc.assert(
      fc.asyncProperty(
        any,
        fc.constantFrom(...starts),
        minutes(2_000),
        minutes(4_000),
        async (each, day, after, long) => {
          const from = Date.parse(day) + after * 60_000;
          const to = from + long * 60_000;
          await clone.pool.query("DELETE FROM schedules");
          await schedule({ ...each, validFrom: "2020-01-01T00:00Z" });
          const counted = await businessMinutes(new Date(from).toISOString(), new Date(to).toISOString());
          expect(counted).toBe(byTheMinute(each, from, to));
        },
      ),
      { numRuns: 80 },
    );
  });
});
