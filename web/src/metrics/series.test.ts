import type { ClusterPoint } from "@parloir/contracts/cluster-history.ts";
import { expect, it } from "vitest";
import { dataOf } from "./series.ts";

const point = (seconds: number, sockets: number) =>
  ({ at: new Date(seconds * 1_000).toISOString(), sockets, ackP99: null }) as ClusterPoint;
const series = [
  { read: ({ sockets }: ClusterPoint) => sockets },
  { read: ({ ackP99 }: ClusterPoint) => ackP99 },
];

it("a line has a hole where nothing was kept, and none where a point is late", () => {
  const points = [point(0, 1), point(10, 2), point(29, 3), point(120, 4), point(130, 5)];
  expect(dataOf(points, series)).toEqual([
    [0, 10, 29, 39, 120, 130],
    [1, 2, 3, null, 4, 5],
    [null, null, null, null, null, null],
  ]);
  expect(dataOf([], series)).toEqual([[], [], []]);
  expect(dataOf([point(7, 1)], series)).toEqual([[7], [1], [null]]);
});

it("a line that another process of its name goes on with is broken in between, and no other is", () => {
  const points = [point(0, 1), point(10, 2), point(20, 3)];
  const began = ({ at }: ClusterPoint) => at === points[1]!.at;
  const [first] = series;
  expect(dataOf(points, [{ ...first!, isBroken: began }, first!])).toEqual([
    [0, 5, 10, 20],
    [1, null, 2, 3],
    [1, undefined, 2, 3],
  ]);
});
