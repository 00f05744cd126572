import { afterEach, describe, expect, test } from "vitest";
import { createFormats, daysBetween, isoDay } from "./formats.ts";

const own = process.env.TZ;
afterEach(() => {
  if (own === undefined) delete process.env.TZ;
  else process.env.TZ = own;
});

/** Node takes a change of the variable into account at once, for dates and for formats made afterwards. */
function inZone(zone: string): void {
  process.env.TZ = zone;
}

const spaces = (text: string) => text.replaceAll(/[\u202f\u00a0]/g, " ");

describe("the calendar day is the viewer's", () => {
  const moment = new Date("2026-01-15T22:30:00Z");
  test.each([
    ["UTC", "2026-01-15", "22:30"],
    ["Europe/Paris", "2026-01-15", "23:30"],
    ["Asia/Kolkata", "2026-01-16", "04:00"],
    ["Pacific/Kiritimati", "2026-01-16", "12:30"],
    ["Pacific/Pago_Pago", "2026-01-15", "11:30"],
  ])("%s: %s, %s", (zone, day, time) => {
    inZone(zone);
    expect(isoDay(moment)).toBe(day);
    expect(createFormats("en-GB").time(moment)).toBe(time);
    expect(createFormats("fr").time(moment)).toBe(time);
  });

  test.each([
    ["Europe/Paris", 1],
    ["America/New_York", 0],
  ])("two messages an hour apart are %s: %i midnights apart", (zone, midnights) => {
    inZone(zone);
    expect(daysBetween(moment, new Date("2026-01-15T23:30:00Z"))).toBe(midnights);
  });
});

describe("a day of a clock change counts as one, although it has 23 or 25 hours", () => {
  test.each([
    ["Europe/Paris", "2026-03-28T12:00:00", "2026-03-29T12:00:00", 1],
    ["Europe/Paris", "2026-03-28T23:59:00", "2026-03-30T00:01:00", 2],
    ["Europe/Paris", "2026-10-24T00:00:00", "2026-10-25T23:59:00", 1],
    ["Europe/Paris", "2026-10-25T00:00:00", "2026-10-25T23:59:00", 0],
    ["America/New_York", "2026-03-08T00:30:00", "2026-03-09T00:30:00", 1],
    // There the clock change leaves out midnight itself.
    ["Africa/Cairo", "2026-04-23T12:00:00", "2026-04-24T12:00:00", 1],
  ])("%s: from %s to %s are %i", (zone, earlier, later, days) => {
    inZone(zone);
    // Without «Z»: the local hour.
    expect(daysBetween(new Date(earlier), new Date(later))).toBe(days);
  });

  test("and is called yesterday the day after", () => {
    inZone("Europe/Paris");
    const [before, after] = [new Date("2026-03-28T23:50:00"), new Date("2026-03-29T23:50:00")];
    expect(createFormats("en-GB").day(before, after)).toBe("Yesterday");
    expect(createFormats("fr").day(before, after)).toBe("Hier");
    expect(createFormats("en-GB").time(new Date("2026-10-25T00:30:00Z"))).toBe("02:30");
    expect(createFormats("en-GB").time(new Date("2026-10-25T01:30:00Z"))).toBe("02:30");
  });
});

describe("words", () => {
  const now = new Date("2026-11-27T10:00:00");
  test.each([
    ["2026-11-27T00:01:00", "Today", "Aujourd’hui"],
    ["2026-11-26T23:59:00", "Yesterday", "Hier"],
    ["2026-11-25T12:00:00", "Wednesday 25 November", "Mercredi 25 novembre"],
    ["2025-12-31T12:00:00", "31 December 2025", "31 décembre 2025"],
    // A clock that goes wrong.
    ["2026-11-28T12:00:00", "Saturday 28 November", "Samedi 28 novembre"],
  ])("the day of %s is %s and %s", (at, english, french) => {
    expect(createFormats("en-GB").day(new Date(at), now)).toBe(english);
    expect(createFormats("fr").day(new Date(at), now).replace("'", "’")).toBe(french);
  });

  test.each([
    ["2026-11-27T00:01:00", "00:01", "00:01"],
    ["2026-11-26T23:59:00", "Thu", "jeu."],
    ["2026-11-21T12:00:00", "Sat", "sam."],
    ["2026-11-20T12:00:00", "20/11/26", "20/11/26"],
    ["2026-11-28T12:00:00", "12:00", "12:00"],
  ])("in a list %s is %s and %s", (at, english, french) => {
    expect(createFormats("en-GB").brief(new Date(at), now)).toBe(english);
    expect(createFormats("fr").brief(new Date(at), now)).toBe(french);
  });

  test("hours and whole dates are those of the region", () => {
    const at = new Date("2026-11-27T15:05:00");
    expect(spaces(createFormats("en-US").time(at))).toBe("03:05 PM");
    expect(createFormats("en-GB").full(at)).toMatch(/Friday,? 27 November 2026/);
    expect(createFormats("fr").full(at)).toContain("vendredi 27 novembre 2026");
  });

  test.each([
    [0, "0:00"],
    [59_499, "0:59"],
    [59_500, "1:00"],
    [3_725_000, "62:05"],
  ])("%i ms of sound are %s", (ms, text) => {
    expect(createFormats("en").duration(ms)).toBe(text);
  });

  test.each([
    [999, "999 byte", "999 o"],
    [1_500, "1.5 kB", "1,5 ko"],
    [12_340_000, "12.3 MB", "12,3 Mo"],
  ])("%i bytes are %s and %s", (bytes, english, french) => {
    expect(spaces(createFormats("en").size(bytes))).toBe(english);
    expect(spaces(createFormats("fr").size(bytes))).toBe(french);
  });
});
