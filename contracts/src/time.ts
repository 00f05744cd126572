import * as z from "zod/mini";

/** Times and zones, as they come from outside. */

const latest = Date.UTC(9999, 11, 31);

/** Any offset; what a database can hold. */
export const moment = z.iso.datetime({ offset: true }).check(
  z.refine((text) => {
    const ms = Date.parse(text);
    return ms >= 0 && ms <= latest;
  }, "not a time between 1970 and 9999"),
);

/** An IANA name. Offsets are refused: Postgres reads their sign the other way round than browsers do. */
export const zone = z.string().check(z.refine(isZone, "not an IANA time zone"));

function isZone(name: string): boolean {
  if (!/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+){0,2}$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
  } catch {
    return false;
  }
}

/** A local time of day, to the minute. */
export const timeOfDay = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/));
