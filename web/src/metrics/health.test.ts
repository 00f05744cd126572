import type { ClusterPoint, ClusterView, NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { describe, expect, it } from "vitest";
import { deliveryLevel, errorBudget, reach } from "./health.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const node = (name: string, checks: NodeSnapshot["checks"], ageMs = 1_000): NodeSnapshot => ({
  name,
  role: name.startsWith("gw") ? "gateway" : name.startsWith("api") ? "api" : "worker",
  state: "ready",
  checks,
  pid: 1,
  startedAt: "",
  at: new Date(now - ageMs).toISOString(),
  windowSeconds: 2,
  cpu: 0,
  memoryBytes: 0,
  eventLoopLagSeconds: 0,
});
const view = (...nodes: NodeSnapshot[]): ClusterView => ({ at: new Date(now).toISOString(), nodes });
const ok = { redis: "ok", postgres: "ok" } as const;
const noRedis = { redis: "degraded" } as const;

describe("the level of delivery", () => {
  it.each<[string, string, NodeSnapshot[]]>([
    ["everything is there", "live", [node("gw1", { redis: "ok" }), node("api1", ok)]],
    [
      "a gateway has lost pub/sub",
      "late",
      [node("gw1", { redis: "ok" }), node("gw2", noRedis), node("api1", ok)],
    ],
    ["a gateway is gone", "part", [node("gw1", { redis: "ok" }), node("gw2", ok, 20_000), node("api1", ok)]],
    ["no gateway is there", "stored", [node("gw1", ok, 20_000), node("api1", ok)]],
    [
      "one of two apis does not reach Postgres",
      "live",
      [node("gw1", ok), node("api1", ok), node("api2", { postgres: "degraded" })],
    ],
    ["no api reaches Postgres", "none", [node("gw1", ok), node("api1", { postgres: "degraded" })]],
    ["no api is there", "none", [node("gw1", ok), node("api1", ok, 20_000)]],
  ])("when %s is %s", (_, level, nodes) => {
    expect(deliveryLevel(view(...nodes), now)).toBe(level);
  });
});

describe("a store", () => {
  it("is reached by those who need it and are there", () => {
    const all = view(
      node("gw1", { redis: "ok" }),
      node("api1", ok),
      node("api2", noRedis),
      node("api3", ok, 60_000),
    );
    expect(reach(all, "redis", now)).toEqual({ ok: 2, of: 3 });
    expect(reach(all, "postgres", now)).toEqual({ ok: 1, of: 1 });
  });
});

describe("the error budget", () => {
  const point = (sendsPerSecond: number, failedSendsPerSecond: number) =>
    ({ sendsPerSecond, failedSendsPerSecond }) as ClusterPoint;

  it("is whole without failures, used up by one in a thousand, and unknown without sends", () => {
    expect(errorBudget([point(10, 0)])).toBe(1);
    expect(errorBudget([point(999, 1)])).toBeCloseTo(0, 10);
    expect(errorBudget([point(1_999, 1), point(0, 0)])).toBeCloseTo(0.5, 10);
    expect(errorBudget([point(998, 2)])).toBeLessThan(0);
    expect(errorBudget([point(0, 0)])).toBeNull();
  });
});
