import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";
import { closeRedis, createPublisherClient, untilReady } from "./redis.ts";
import { createSharedBuckets } from "./shared-buckets.ts";
import { createTokenBuckets } from "./token-bucket.ts";

const folder = await temporaryFolder();
const server = await startRedis({ dir: folder.dir });
const redis = createPublisherClient({ url: server.url, cluster: false }, pino({ level: "silent" }));
await untilReady(redis, 30_000);
afterAll(async () => {
  closeRedis(redis);
  await server.stop();
  await folder.remove();
});

/** A process of its own with the bucket of this name, and how often it told Redis. */
function processOf(name: string, perSecond: number, burst: number) {
  const metrics = createMetrics("api", "test");
  const buckets = createSharedBuckets({ name, perSecond, burst, redis, metrics });
  const told = async () => {
    const { values } = await metrics.get("parloir_limit_checks_total").get();
    return values.reduce((sum, { value }) => sum + value, 0);
  };
  return { ...buckets, told };
}

/** What was sent to Redis before this is answered: replies come in order. */
const answered = async () => {
  await redis.ping();
  await new Promise((resolve) => setImmediate(resolve));
};

describe("buckets of one name in several processes", () => {
  it("tell nothing below half a burst", async () => {
    const one = processOf("quiet", 0.001, 10);
    for (let n = 0; n < 4; n++) expect(one.take("ana")).toBe(0);
    await answered();
    expect(await one.told()).toBe(0);
  });

  it("are used up together, each with its own burst at most, and owe the rest", async () => {
    const [one, two] = [processOf("sends", 0.001, 10), processOf("sends", 0.001, 10)];
    let taken = 0;
    for (let n = 0; n < 10; n++) if (one.take("ana") === 0) taken += 1;
    await answered();
    for (let n = 0; n < 10; n++) {
      if (two.take("ana") === 0) taken += 1;
      await answered();
    }
    // The second gave away half a burst before it told, and heard that there is nothing left.
    expect(taken).toBeGreaterThanOrEqual(15);
    expect(taken).toBeLessThan(20);
    const three = processOf("sends", 0.001, 10);
    for (let n = 0; n < 6; n++) three.take("ana");
    while ((await three.told()) === 0) await answered();
    // A burst for itself, and one that the others owe.
    expect(three.take("ana")).toBeGreaterThan(10_000);
    expect(three.take("ben")).toBe(0);
  });

  it("leave one process that is alone its burst and what flows in, however often it tells", async () => {
    const [shared, alone] = [processOf("alone", 1, 20), createTokenBuckets(1, 20)];
    const began = performance.now();
    // The measure flows a tenth slower, for what the way to Redis and its rounding take.
    for (let n = 0; n < 40; n++) {
      const now = began + (performance.now() - began) * 0.9;
      if (alone.take("ana", now) === 0) expect(shared.take("ana", performance.now())).toBe(0);
      await answered();
    }
    expect(await shared.told()).toBeGreaterThan(1);
  });

  it("of other names have nothing to do with each other", async () => {
    const [one, two] = [processOf("a", 0.001, 4), processOf("b", 0.001, 4)];
    for (let n = 0; n < 4; n++) one.take("ana");
    await answered();
    for (let n = 0; n < 4; n++) {
      expect(two.take("ana")).toBe(0);
      await answered();
    }
  });

  it("at a rate of 0 are no limit", async () => {
    const one = processOf("off", 0, 0);
    for (let n = 0; n < 1_000; n++) expect(one.take("ana")).toBe(0);
    await answered();
    expect(await one.told()).toBe(0);
  });
});
