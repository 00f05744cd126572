import type { NodesPoint } from "@parloir/contracts/node-history.ts";
import { describe, expect, it } from "vitest";
import { nodeNames, nodeSeries } from "./node-series.ts";
import { dataOf } from "./series.ts";

const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
const gateway = (sockets: number, began = false) => ({
  role: "gateway" as const,
  sockets,
  ...(began ? { began: true as const } : {}),
});
const points: NodesPoint[] = [
  { at: at(0), nodes: { gw10: gateway(5), gw2: gateway(1), api1: { role: "api" } } },
  { at: at(10), nodes: { gw10: gateway(6) } },
  { at: at(20), nodes: { gw10: gateway(7), gw2: gateway(0, true) } },
];

describe("the lines of processes", () => {
  it("are one for each that was heard of, in the order of their numbers", () => {
    expect(nodeNames(points, "gateway")).toEqual(["gw2", "gw10"]);
    expect(nodeNames(points, "worker")).toEqual([]);
  });

  it("have a hole while a process was not heard of: 0 is what it said itself", () => {
    const [seconds, gw2, gw10] = dataOf(points, nodeSeries("sockets", ["gw2", "gw10"], 1));
    const atTen = seconds.indexOf(10);
    expect([gw2![0], gw2![atTen], gw2!.at(-1)]).toEqual([1, null, 0]);
    expect(gw10!.filter((value) => value !== undefined)).toEqual([5, 6, 7]);
  });

  it("can be told apart: no two of the first nine look the same", () => {
    const names = Array.from({ length: 9 }, (_, n) => `gw${n}`);
    const looks = nodeSeries("cpu", names, 100).map(({ colour, stroke }) => `${colour} ${stroke}`);
    expect(new Set(looks).size).toBe(9);
  });
});
