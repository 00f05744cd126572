import type { NodeSnapshot } from "@parloir/contracts/cluster.ts";
import type { ClusterPoint } from "@parloir/contracts/cluster-history.ts";
import { describe, expect, it } from "vitest";
import { deliveryLevel, levelReached, reach } from "./health.ts";
import { type Seen, standingOf } from "./standing.ts";

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
const seen = (...nodes: NodeSnapshot[]): Seen => ({
  view: { at: new Date(now).toISOString(), nodes },
  now,
  isStale: false,
});
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
    expect(deliveryLevel(seen(...nodes))).toBe(level);
  });

  it("is late when a gateway hears nobody, however old the others' news, and unknown to a page without any", () => {
    const others = seen(node("gw1", noRedis), node("gw2", ok, 60_000), node("api1", ok, 60_000));
    expect(deliveryLevel({ ...others, view: { ...others.view, alone: "gw1" } })).toBe("late");
    expect(deliveryLevel({ ...seen(node("gw1", ok), node("api1", ok)), isStale: true })).toBe("unknown");
  });
});

describe("a store", () => {
  it("is reached by those who need it and are there", () => {
    const all = seen(
      { ...node("gw1", { redis: "ok" }), roundTrips: { redis: 0.001 } },
      { ...node("api1", ok), roundTrips: { redis: 0.003, postgres: null } },
      node("api2", noRedis),
      { ...node("api3", ok, 60_000), roundTrips: { redis: 9 } },
    );
    expect(reach(all, "redis")).toEqual({ ok: 2, of: 3, seconds: 0.003 });
    expect(reach(all, "postgres")).toEqual({ ok: 1, of: 1, seconds: null });
  });
});

describe("a process", () => {
  const fresh = node("gw1", ok);
  const silent = node("gw2", ok, 7_000);
  const old = node("gw3", ok, 20_000);
  const all = seen(fresh, silent, old);

  it("is stale when it missed its turns, and gone when it is silent for long", () => {
    expect([fresh, silent, old].map((each) => standingOf(each, all))).toEqual(["ready", "stale", "gone"]);
    expect(standingOf({ ...fresh, state: "draining" }, all)).toBe("draining");
  });

  it("is not called gone because nobody listens, nor well because the page has no news", () => {
    const alone = { ...all, view: { ...all.view, alone: "gw1" } };
    expect([fresh, silent, old].map((each) => standingOf(each, alone))).toEqual(["ready", "stale", "stale"]);
    expect(standingOf(fresh, { ...all, isStale: true })).toBe("stale");
  });
});

describe("a service level", () => {
  const point = (all: number, bad: number) => ({ levels: { ack: { all, bad } } }) as unknown as ClusterPoint;

  it("is reached by the share that was good, over all processes and the whole time", () => {
    expect(levelReached("ack", [point(90, 0), point(10, 1)])).toEqual({
      objective: 0.99,
      good: 0.99,
      budget: expect.closeTo(0, 10),
    });
    expect(levelReached("ack", [point(0, 0)])).toEqual({ objective: 0.99, good: null, budget: null });
    // Points of the version before say nothing of it.
    expect(levelReached("ack", [{} as ClusterPoint]).good).toBeNull();
  });
});

describe("the error budget", () => {
  const point = (all: number, bad: number) => ({ levels: { send: { all, bad } } }) as unknown as ClusterPoint;
  const budget = (...points: ClusterPoint[]) => levelReached("send", points).budget;

  it("is whole without failures, used up by one in a thousand, and unknown without sends", () => {
    expect(budget(point(10, 0))).toBe(1);
    expect(budget(point(1_000, 1))).toBeCloseTo(0, 10);
    expect(budget(point(2_000, 1), point(0, 0))).toBeCloseTo(0.5, 10);
    expect(budget(point(1_000, 2))).toBeLessThan(0);
    expect(budget(point(0, 0))).toBeNull();
  });
});
