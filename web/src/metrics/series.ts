import type { ClusterPoint } from "@parloir/contracts/cluster.ts";

export interface Series {
  name: string;
  /** Null: a hole in the line, never a 0. */
  read: (point: ClusterPoint) => number | null;
  /** A custom property of the theme. */
  colour: string;
}

const missedSteps = 3;

/** Times in seconds, and each series' values at them. */
export function dataOf(
  points: readonly ClusterPoint[],
  series: readonly Pick<Series, "read">[],
): [number[], ...(number | null)[][]] {
  const times = points.map(({ at }) => Date.parse(at) / 1_000);
  const step = Math.min(...times.slice(1).map((time, index) => time - times[index]!));
  const seconds: number[] = [];
  const values: (number | null)[][] = series.map(() => []);
  for (const [index, point] of points.entries()) {
    const [time, before] = [times[index]!, times[index - 1]];
    // Nobody kept anything in between: a hole, and no line through it.
    if (before !== undefined && time - before > missedSteps * step) {
      seconds.push(before + step);
      for (const line of values) line.push(null);
    }
    seconds.push(time);
    for (const [at, { read }] of series.entries()) values[at]!.push(read(point));
  }
  return [seconds, ...values];
}
