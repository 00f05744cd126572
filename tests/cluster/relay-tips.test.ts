import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { afterAll, expect, it, vi } from "vitest";
import { startRedisProxy } from "../resilience/redis-proxy.ts";
import { startCluster } from "./cluster.ts";

/** Without the periodic check of heads, which would find the lost message as well, some seconds later. */
vi.mock("@parloir/gateway/tips.ts", () => ({
  startTips: () => ({ degraded: () => false, stop: () => undefined }),
}));

const folder = await temporaryFolder();
const redis = await startRedis({ dir: folder.dir });
const proxy = await startRedisProxy(redis.url);
const cluster = await startCluster({
  gateways: 2,
  apis: 1,
  workers: 1,
  env: { REDIS_URL: redis.url },
  envOf: { gw2: { REDIS_URL: proxy.url } },
});
afterAll(async () => {
  await cluster.stop();
  await proxy.close();
  await redis.stop();
  await folder.remove();
});

it("a last message whose push was lost is delivered when the worker tells of it", async () => {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const sender = await cluster.socket(ana, 0);
  const reader = await cluster.socket(ben, 1);
  await cluster.send(sender, id);
  await reader.messages(id, 1);
  // The push carries it, and so does its notification: only what is pushed to the conversation is lost.
  proxy.lose('"new_message"');
  await cluster.send(sender, id);
  expect((await reader.messages(id, 2)).map(({ seq }) => seq)).toEqual([1, 2]);
  expect(proxy.lost()).toBe(1);
});
