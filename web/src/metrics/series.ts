/** What a chart shows at one time. */
export interface TimedPoint {
  at: string;
}

export interface Series<Point extends TimedPoint> {
  name: string;
  /** Null: a hole in the line, never a 0. */
  read: (point: Point) => number | null;
  /** Whether the line may not come from the point before: something else was between the two. */
  isBroken?: (point: Point) => boolean;
  /** A custom property of the theme. */
  colour: string;
  /** Lines that share a colour differ in this. */
  stroke?: Stroke;
}

export type Stroke = "solid" | "dashed" | "dotted";

const missedSteps = 3;

/** Times in seconds, and each series' values at them. */
export function dataOf<Point extends TimedPoint>(
  points: readonly Point[],
  series: readonly Pick<Series<Point>, "read" | "isBroken">[],
): [number[], ...(number | null | undefined)[][]] {
  const times = points.map(({ at }) => Date.parse(at) / 1_000);
  const step = Math.min(...times.slice(1).map((time, index) => time - times[index]!));
  const seconds: number[] = [];
  const values: (number | null | undefined)[][] = series.map(() => []);
  for (const [index, point] of points.entries()) {
    const [time, before] = [times[index]!, times[index - 1]];
    // Nobody kept anything in between: a hole, and no line through it.
    const isHole = before !== undefined && time - before > missedSteps * step;
    const breaks = series.map(({ isBroken }) => before !== undefined && (isBroken?.(point) ?? false));
    if (isHole || breaks.includes(true)) {
      seconds.push(isHole ? before + step : (before! + time) / 2);
      // Null ends a line; undefined is no point of it, and the line goes on.
      for (const [at, line] of values.entries()) line.push(isHole || breaks[at] ? null : undefined);
    }
    seconds.push(time);
    for (const [at, { read }] of series.entries()) values[at]!.push(read(point));
  }
  return [seconds, ...values];
}
