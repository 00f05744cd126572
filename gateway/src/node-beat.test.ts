import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { beatMs, nodesKey } from "@parloir/platform/lookers.ts";
import { closeRedis, createPublisherClient, untilReady } from "@parloir/platform/redis.ts";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type NodeBeat, startNodeBeat } from "./node-beat.ts";

/** One gateway's beat on a real Redis; only the clock that tells when to beat is ours. */
const log = pino({ level: "silent" });
const folder = await temporaryFolder();
const server = await startRedis({ dir: folder.dir });
const redis = createPublisherClient({ url: server.url, cluster: false }, log);
beforeAll(async () => void (await untilReady(redis, 10_000)));
afterAll(async () => {
  closeRedis(redis);
  await server.stop();
  await folder.remove();
});

let beat: NodeBeat | undefined;
let reaped: string[] = [];
let renewed = 0;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
  [reaped, renewed] = [[], 0];
});
afterEach(async () => {
  await beat?.stop();
  vi.useRealTimers();
  await redis.flushall();
});

function start(): void {
  beat = startNodeBeat({
    redis,
    node: "here",
    log,
    renew: [
      async () => {
        renewed += 1;
      },
    ],
    onDead: async (node) => void reaped.push(node),
  });
}

/** By Redis's clock, which no test moves. */
const died = (node: string) => redis.zadd(nodesKey, Date.now() - 3_600_000, node);
const beaten = (times: number) =>
  vi.waitFor(() => expect(renewed).toBe(times), { timeout: 10_000, interval: 0 });

it("a node clears up after one that died, and after nobody that lives by the clock of Redis", async () => {
  await died("gone");
  start();
  await vi.waitFor(() => expect(reaped).toEqual(["gone"]), { timeout: 10_000, interval: 0 });
  await vi.waitFor(async () => expect(await redis.zrange(nodesKey, "0", "-1")).toEqual(["here"]), 10_000);
  expect(beat!.living()).toEqual(["here"]);
});

it("after an outage it waits until the others have had their turn to beat", async () => {
  start();
  await beaten(1);
  await died("unheard");
  // Two beats were due meanwhile; their answers come when it is over.
  vi.advanceTimersByTime(12_000);
  await beaten(3);
  vi.advanceTimersByTime(beatMs);
  await beaten(4);
  expect(reaped).toEqual([]);
  vi.advanceTimersByTime(2 * beatMs);
  await vi.waitFor(() => expect(reaped).toContain("unheard"), { timeout: 10_000, interval: 0 });
});
