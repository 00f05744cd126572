/** Figures as people read them. What was not observed is null and stays a dash: it is never 0. */
export interface FigureFormats {
  count: (value: number) => string;
  rate: (value: number) => string;
  milliseconds: (seconds: number) => string;
  seconds: (seconds: number) => string;
  megabytes: (bytes: number) => string;
  percent: (share: number) => string;
  /** A share of which hundredths of a percent matter. */
  fine: (share: number) => string;
}

const megabyte = 1_048_576;

export function createFigureFormats(language: string): FigureFormats {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const rough = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 });
  const fine = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const short = (value: number) => (value < 10 ? rough : whole).format(value);
  return {
    count: (value) => whole.format(value),
    rate: short,
    milliseconds: (seconds) => short(seconds * 1_000),
    seconds: short,
    megabytes: (bytes) => whole.format(bytes / megabyte),
    percent: (share) => percent.format(share),
    fine: (share) => fine.format(share),
  };
}
