/** Seconds in words, with the two units that matter: «45 s», «12 min», «3 h 5 min», «2 d 4 h». */
export function durationIn(locale: string): (seconds: number) => string {
  const of = (unit: "second" | "minute" | "hour" | "day") => {
    const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "narrow" });
    return (value: number) => format.format(value);
  };
  const [second, minute, hour, day] = [of("second"), of("minute"), of("hour"), of("day")];
  const two = (first: string, rest: number, format: (value: number) => string) =>
    rest > 0 ? `${first} ${format(rest)}` : first;

  return (seconds) => {
    if (seconds < 60) return second(seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds));
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return minute(minutes);
    const hours = Math.floor(minutes / 60);
    if (hours < 24) return two(hour(hours), minutes % 60, minute);
    return two(day(Math.floor(hours / 24)), hours % 24, hour);
  };
}
