const dayMs = 86_400_000;

/** Dates and hours in one language. */
export interface Formats {
  time(date: Date): string;
  /** «Today», «Yesterday», or the date in words. */
  day(date: Date, now?: Date): string;
  /** Short, for lists: the hour today, then the weekday, then the date. */
  brief(date: Date, now?: Date): string;
  full(date: Date): string;
  /** Of a sound: minutes and seconds. */
  duration(ms: number): string;
  /** Of a file, in bytes. */
  size(bytes: number): string;
}

/** Each format is made when it is first used: all at once they took a page 23 ms before it showed anything. */
export function createFormats(locale: string): Formats {
  const dates = (options: Intl.DateTimeFormatOptions) =>
    onFirstUse(() => new Intl.DateTimeFormat(locale, options));
  const time = dates({ hour: "2-digit", minute: "2-digit" });
  const day = dates({ weekday: "long", day: "numeric", month: "long" });
  const dayOfYear = dates({ day: "numeric", month: "long", year: "numeric" });
  const weekday = dates({ weekday: "short" });
  const short = dates({ day: "2-digit", month: "2-digit", year: "2-digit" });
  const full = dates({ dateStyle: "full", timeStyle: "short" });
  const sizes = (["byte", "kilobyte", "megabyte"] as const).map((unit) =>
    onFirstUse(() => new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 })),
  );
  const relative = onFirstUse(() => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));

  return {
    time: (date) => time().format(date),
    size(bytes) {
      const power = bytes < 1e3 ? 0 : bytes < 1e6 ? 1 : 2;
      return sizes[power]!().format(bytes / 1e3 ** power);
    },
    duration(ms) {
      const seconds = Math.round(ms / 1_000);
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    },
    full: (date) => full().format(date),
    day(date, now = new Date()) {
      const ago = daysBetween(date, now);
      if (ago === 0 || ago === 1) return capitalised(relative().format(-ago, "day"), locale);
      const inWords = date.getFullYear() === now.getFullYear() ? day : dayOfYear;
      return capitalised(inWords().format(date), locale);
    },
    brief(date, now = new Date()) {
      const ago = daysBetween(date, now);
      if (ago <= 0) return time().format(date);
      return (ago < 7 ? weekday : short)().format(date);
    },
  };
}

function onFirstUse<Format>(make: () => Format): () => Format {
  let made: Format | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** For machines: the calendar day as `2026-11-27`, in the viewer's time zone as the words beside it. */
export function isoDay(date: Date): string {
  const twoDigits = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}

/** Calendar days, in the viewer's time zone. */
export function daysBetween(earlier: Date, later: Date): number {
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.round((midnight(later) - midnight(earlier)) / dayMs); // Rounded: a day of a clock change has 23 or 25 hours.
}

function capitalised(text: string, locale: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}
