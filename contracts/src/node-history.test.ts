import { describe, expect, it } from "vitest";
import type { NodeSnapshot } from "./cluster.ts";
import { countedOf } from "./cluster-history.ts";
import { joinedNodes, type NodePoint, nodesPointOf } from "./node-history.ts";

const start = Date.parse("2026-01-01T12:00:00Z");
const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString();

interface Told {
  sends: number;
  startedAt?: number;
  ageSeconds?: number;
  p95?: number;
}

function view(seconds: number, nodes: Record<string, Told>) {
  const snapshots = Object.entries(nodes).map(([name, { sends, startedAt = -600, ageSeconds = 1, p95 }]) => ({
    name,
    role: "gateway",
    startedAt: at(startedAt),
    at: at(seconds - ageSeconds),
    memoryBytes: 100,
    cpu: 0.9,
    eventLoopLagSeconds: 0.001,
    roundTrips: { redis: null },
    gateway: { sockets: 5 },
    counts: { sends, deliveries: 0, levels: {} },
    recent: {
      ack: p95 === undefined ? null : { p50: p95, p95, p99: p95, n: 1 },
      delivery: null,
      outboxAge: null,
      cpu: 0.25,
      eventLoopLagSeconds: 0.04,
    },
  }));
  return { at: at(seconds), nodes: snapshots as unknown as NodeSnapshot[] };
}

describe("a point of each process", () => {
  const before = countedOf(view(0, { gw1: { sends: 100 }, gw2: { sends: 7 } }));

  it("holds the rates since the one before, and what the ten seconds were like", () => {
    const { nodes } = nodesPointOf(view(10, { gw1: { sends: 180, p95: 0.2 }, gw2: { sends: 7 } }), before);
    expect(nodes.gw1).toEqual({
      role: "gateway",
      sockets: 5,
      sendsPerSecond: 8,
      deliveriesPerSecond: 0,
      ackP95: 0.2,
      deliveryP95: null,
      redisSeconds: null,
      eventLoopLagSeconds: 0.04,
      cpu: 0.25,
      memoryBytes: 100,
    });
    expect(nodes.gw2).toMatchObject({ sendsPerSecond: 0, ackP95: null });
  });

  it("is not there of a process that nobody hears: no figure of it is 0, and it comes back with a rate", () => {
    const frozen = view(10, { gw1: { sends: 100, ageSeconds: 6 }, gw2: { sends: 8 } });
    expect(Object.keys(nodesPointOf(frozen, before).nodes)).toEqual(["gw2"]);
    const back = nodesPointOf(view(20, { gw1: { sends: 150 }, gw2: { sends: 8 } }), countedOf(frozen));
    expect(back.nodes.gw1).toMatchObject({ sendsPerSecond: 5 });
  });

  it("says that a process began, and counts from there", () => {
    const { nodes } = nodesPointOf(
      view(10, { gw1: { sends: 20, startedAt: 5 }, gw2: { sends: 7 }, gw3: { sends: 900 } }),
      before,
    );
    expect(nodes.gw1).toMatchObject({ began: true, sendsPerSecond: 4 });
    expect(nodes.gw2).not.toHaveProperty("began");
    // It was there all the time, and nobody knows how far it had counted before.
    expect(nodes.gw3).toMatchObject({ sendsPerSecond: null });
  });
});

describe("several points as one", () => {
  const of = (seconds: number, nodes: Record<string, Omit<NodePoint, "role">>) => ({
    at: at(seconds),
    nodes: Object.fromEntries(
      Object.entries(nodes).map(([name, node]): [string, NodePoint] => [name, { role: "gateway", ...node }]),
    ),
  });

  it("have the worst latency, the mean rate and the last state, each of the time in which it was heard", () => {
    const joined = joinedNodes([
      of(0, { gw1: { sockets: 3, sendsPerSecond: 2, ackP95: null, cpu: 0.1 }, old: { sockets: 9 } }),
      of(10, { gw1: { sockets: 4, sendsPerSecond: 4, ackP95: 0.5, cpu: 0.3, began: true } }),
      of(20, { new: { sockets: 1 } }),
    ])!;
    expect(joined.at).toBe(at(20));
    expect(joined.nodes.gw1).toMatchObject({ began: true, sockets: 4, sendsPerSecond: 3, ackP95: 0.5 });
    expect(joined.nodes.gw1!.cpu).toBeCloseTo(0.2, 10);
    expect(joined.nodes.old).toMatchObject({ sockets: 9, ackP95: null });
    expect(joined.nodes.new).toMatchObject({ sockets: 1 });
  });

  it("are none where there is none", () => {
    expect(joinedNodes([])).toBeNull();
  });
});
