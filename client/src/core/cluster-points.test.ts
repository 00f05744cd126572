import type { ClusterView } from "@parloir/contracts/cluster.ts";
import type { ClusterHistory, ClusterPoint } from "@parloir/contracts/cluster-history.ts";
import { describe, expect, it } from "vitest";
import { createClusterPoints, type ShownPoints } from "./cluster-points.ts";

const start = Date.parse("2026-01-01T12:00:00Z");
const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString();
const node = (name: string, seconds: number, sends: number) => ({
  name,
  startedAt: at(-600),
  at: at(seconds),
  role: "gateway",
  gateway: { sockets: 3 },
  counts: { sends, deliveries: 0, levels: { send: { all: sends, bad: 0 } } },
});
const view = (seconds: number, sends: number, more: Partial<ClusterView> = {}) =>
  ({ at: at(seconds), nodes: [node("gw1", seconds, sends)], ...more }) as unknown as ClusterView;
const history = (sends: number) =>
  ({ points: [{ at: at(0) } as ClusterPoint], counted: view(0, sends) }) as ClusterHistory;
const sent = ({ points }: ShownPoints) => points.map(({ levels }) => levels?.send?.all);

describe("the points of the last hour", () => {
  it("go on from the server's newest, one a step, and hold all that was sent", () => {
    const points = createClusterPoints();
    expect(points.begin(history(100)).points).toHaveLength(1);
    for (const [seconds, sends] of [
      [4, 107],
      [8, 107],
      [11, 160],
      [15, 161],
      [21, 170],
    ] as const)
      points.take(view(seconds, sends));
    expect(sent(points.take(view(22, 170)))).toEqual([undefined, 60, 10]);
  });

  it("are not made of the one gateway that hears nobody else; afterwards nothing is missing", () => {
    const points = createClusterPoints();
    points.begin(history(100));
    expect(points.take(view(12, 130, { alone: "gw1" })).points).toHaveLength(1);
    expect(sent(points.take(view(60, 200)))).toEqual([undefined, 100]);
  });

  it("are of each process as well, and go on from what the server kept of it", () => {
    const points = createClusterPoints();
    const kept = { at: at(0), nodes: { gw1: { role: "gateway" as const, sockets: 7 } } };
    expect(points.begin({ ...history(100), nodes: [kept] }).nodes).toEqual([kept]);
    const { nodes } = points.take(view(10, 150));
    expect(nodes.map(({ at }) => at)).toEqual([at(0), at(10)]);
    expect(nodes[1]!.nodes.gw1).toMatchObject({ sockets: 3, sendsPerSecond: 5 });
  });

  it("begin now where the server has none, and end after an hour", () => {
    const points = createClusterPoints();
    expect(points.take(view(0, 1_000))).toEqual({ points: [], nodes: [] });
    expect(sent(points.take(view(10, 1_001)))).toEqual([1]);
    expect(sent(points.take(view(3_605, 1_002)))).toEqual([1, 1]);
    expect(sent(points.take(view(3_615, 1_003)))).toEqual([1, 1]);
  });
});
