import { historyStepSeconds } from "@parloir/contracts/cluster-history.ts";
import { figuresFor, type NodePoint, type NodesPoint } from "@parloir/contracts/node-history.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { createPublisherClient, type RedisClient, untilReady } from "@parloir/platform/redis.ts";
import { appendPoint, readHistory } from "@parloir/platform/snapshot/board.ts";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

/** A real Redis that keeps what workers write of each process. */
let redis: RedisClient;
let end: () => Promise<void>;
beforeAll(async () => {
  const folder = await temporaryFolder();
  const server = await startRedis({ dir: folder.dir });
  redis = createPublisherClient({ url: server.url, cluster: false }, pino({ level: "silent" }));
  await untilReady(redis, 10_000);
  end = async () => {
    redis.disconnect();
    await server.stop();
    await folder.remove();
  };
});
afterAll(() => end?.());
beforeEach(() => redis.flushall());

const dayStepMs = 240_000;
const hour = 3_600;
const day = 86_400;

/** The last of them is of now. */
async function keep(points: { atMs: number; nodes: Record<string, NodePoint> }[]): Promise<void> {
  let since = new Date(points[0]!.atMs - historyStepSeconds * 1_000).toISOString();
  for (const { atMs, nodes } of points) {
    const at = new Date(atMs).toISOString();
    await appendPoint(redis, { whole: { at } as never, nodes: { at, nodes }, since }, { at, nodes: [] });
    since = at;
  }
}

const kept = async (seconds: number) => (await readHistory(redis, seconds, { ofNodes: true })).nodes!;
const gateway = (sockets: number, more: Partial<NodePoint> = {}): NodePoint => ({
  role: "gateway",
  ...Object.fromEntries(figuresFor("gateway").map((name) => [name, null])),
  sockets,
  ...more,
});

describe("the history of each process", () => {
  it("is an hour of what was written, and a day of which no step is missing, the present one included", async () => {
    const now = Date.now();
    const present = Math.floor(now / dayStepMs) * dayStepMs;
    await keep([
      { atMs: present - 3 * dayStepMs, nodes: { gw1: gateway(1), gw2: gateway(50) } },
      { atMs: present - 3 * dayStepMs + 10_000, nodes: { gw1: gateway(2, { ackP95: 0.75 }) } },
      // Nobody wrote for a while: a step without any point.
      { atMs: present - dayStepMs + 20_000, nodes: { gw1: gateway(3, { began: true }) } },
      { atMs: present, nodes: { gw1: gateway(4) } },
      { atMs: now, nodes: { gw1: gateway(5), "gw-7f9c8-x2x4q": gateway(6) } },
    ]);
    const sockets = (points: NodesPoint[]) =>
      points.map(({ nodes }) =>
        Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, node.sockets])),
      );
    expect(sockets(await kept(hour))).toEqual([
      { gw1: 1, gw2: 50 },
      { gw1: 2 },
      { gw1: 3 },
      { gw1: 4 },
      { gw1: 5, "gw-7f9c8-x2x4q": 6 },
    ]);
    const steps = await kept(day);
    expect(sockets(steps)).toEqual([{ gw1: 2, gw2: 50 }, { gw1: 3 }, { gw1: 5, "gw-7f9c8-x2x4q": 6 }]);
    expect(steps[0]!.nodes.gw1).toEqual(gateway(2, { ackP95: 0.75 }));
    expect(steps[1]!.nodes.gw1!.began).toBe(true);
    expect(await readHistory(redis, hour, { ofNodes: false })).not.toHaveProperty("nodes");
  });

  /** What node-history.ts promises: 112 KB a process, however long it goes on. */
  it("stays within its budget: a day of 20 processes whose figures fill all their digits", async () => {
    const worst = (role: NodePoint["role"], seed: number): NodePoint => ({
      role,
      ...Object.fromEntries(figuresFor(role).map((name) => [name, seed * 0.001_234_567])),
      memoryBytes: 1_234_567_890 + seed,
    });
    const nodes = Object.fromEntries(
      Array.from({ length: 20 }, (_, n): [string, NodePoint] => [
        `parloir-gateway-7f9c8-x2x${n}`,
        worst((["gateway", "gateway", "api", "worker"] as const)[n % 4]!, n),
      ]),
    );
    const now = Date.now();
    // A point in each step of the day fills both lists, and more than fills them.
    const steps = 362;
    await keep(Array.from({ length: steps }, (_, n) => ({ atMs: now - (steps - 1 - n) * dayStepMs, nodes })));
    const keys = (await redis.keys("*")).filter((key) => key.includes(":nodes-"));
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(await redis.llen(key)).toBe(360);
    const sizes = await Promise.all(keys.map((key) => redis.memory("USAGE", key, "SAMPLES", 0)));
    const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? Number.NaN), 0);
    expect(bytes / Object.keys(nodes).length).toBeLessThan(112 * 1_024);
    expect((await kept(day)).length).toBe(360);
  });
});
