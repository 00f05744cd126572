import { describe, expect, it } from "vitest";
import type { ClusterView, NodeSnapshot } from "./cluster.ts";
import { countedOf, pointOf } from "./cluster-history.ts";

const start = Date.parse("2026-01-01T12:00:00Z");
const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString();

interface Told {
  sends: number;
  bad?: number;
  startedAt?: number;
  ageSeconds?: number;
  p99?: number;
}

function view(seconds: number, nodes: Record<string, Told>): Pick<ClusterView, "at" | "nodes"> {
  return {
    at: at(seconds),
    nodes: Object.entries(nodes).map(([name, { sends, bad = 0, startedAt = -600, ageSeconds = 1, p99 }]) => {
      const ack = p99 === undefined ? null : { p50: p99, p95: p99, p99, n: 1 };
      return {
        name,
        startedAt: at(startedAt),
        at: at(seconds - ageSeconds),
        gateway: { sockets: 5 },
        counts: { sends, deliveries: 2 * sends, levels: { send: { all: sends + bad, bad } } },
        recent: { ack, delivery: null, outboxAge: null },
      } as unknown as NodeSnapshot;
    }),
  };
}

describe("a point of the history", () => {
  it("holds all that happened since the one before, however little of it the snapshots in between showed", () => {
    const before = countedOf(view(0, { gw1: { sends: 100, bad: 1 }, gw2: { sends: 50 } }));
    const point = pointOf(
      view(10, { gw1: { sends: 180, bad: 5, p99: 0.2 }, gw2: { sends: 70, p99: 0.1 } }),
      before,
    );
    expect(point).toMatchObject({
      at: at(10),
      sockets: 10,
      sendsPerSecond: 10,
      deliveriesPerSecond: 20,
      ackP99: 0.2,
      deliveryP99: null,
      levels: { send: { all: 104, bad: 4 } },
    });
  });

  it("adds up to the whole, whatever the steps are and whichever fell out", () => {
    const sends = [0, 7, 7, 300, 301, 450];
    const steps = [0, 10, 20, 95, 105, 115];
    let before = countedOf(view(0, { gw1: { sends: 0 } }));
    let all = 0;
    for (const [index, seconds] of steps.entries()) {
      if (index === 0) continue;
      const next = view(seconds, { gw1: { sends: sends[index]! } });
      all += pointOf(next, before).levels!.send!.all;
      before = countedOf(next);
    }
    expect(all).toBe(450);
  });

  it("counts a process that came since from its start, and one that died to its last word", () => {
    const before = countedOf(view(0, { gw1: { sends: 100 }, gw2: { sends: 50 } }));
    const next = view(60, { gw1: { sends: 130, ageSeconds: 40 }, gw2: { sends: 9, startedAt: 30 } });
    const point = pointOf(next, before);
    expect(point.levels).toEqual({ send: { all: 39, bad: 0 } });
    expect(point.sockets).toBe(5);
  });

  it("knows nothing of what a process did before anybody listened", () => {
    const before = countedOf(view(0, { gw1: { sends: 100 } }));
    const point = pointOf(view(10, { gw1: { sends: 103 }, gw2: { sends: 1_000_000 } }), before);
    expect(point.levels).toEqual({ send: { all: 3, bad: 0 } });
  });
});
