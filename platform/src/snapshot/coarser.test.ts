import type { ClusterPoint } from "@parloir/contracts/cluster-history.ts";
import { describe, expect, it } from "vitest";
import { coarser } from "./coarser.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const point = (seconds: number, sendsPerSecond: number, deliveryP99: number | null = null): ClusterPoint => ({
  at: new Date(start + seconds * 1_000).toISOString(),
  sockets: seconds,
  sendsPerSecond,
  deliveriesPerSecond: 2 * sendsPerSecond,
  ackP99: null,
  deliveryP50: null,
  deliveryP95: null,
  deliveryP99,
  outboxAgeP99: null,
  levels: { send: { all: 10 * sendsPerSecond, bad: 1 } },
});

describe("a coarser history", () => {
  it("leaves an hour as it is", () => {
    const points = [point(0, 1), point(10, 2)];
    expect(coarser(points, 60)).toEqual(points);
  });

  it("of a day has 360 points, in which all counts add up and the worst latency is still there", () => {
    const day = Array.from({ length: 8_640 }, (_, n) =>
      point(n * 10, n % 7, n === 5_000 ? 9 : n % 2 ? 0.1 : null),
    );
    const points = coarser(day, 1_440);
    expect(points).toHaveLength(360);
    const counted = (all: readonly ClusterPoint[]) =>
      all.reduce((sum, { levels }) => sum + levels!.send!.all, 0);
    expect(counted(points)).toBe(counted(day));
    expect(points.filter(({ deliveryP99 }) => deliveryP99 === 9)).toHaveLength(1);
    expect(points.at(-1)).toMatchObject({ at: day.at(-1)!.at, sockets: day.at(-1)!.sockets, ackP99: null });
    const mean = points.reduce((sum, { sendsPerSecond }) => sum + sendsPerSecond, 0) / points.length;
    expect(mean).toBeCloseTo(3, 1);
  });

  it("weighs a rate by the time it is about: the point after a gap is about the gap as well", () => {
    const [first] = coarser([point(240, 0), point(250, 8), point(290, 4)], 1_440);
    expect(first!.sendsPerSecond).toBeCloseTo((10 * 0 + 10 * 8 + 40 * 4) / 60, 10);
  });
});
