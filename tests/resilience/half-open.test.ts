import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { afterAll, expect, it } from "vitest";
import { startCluster } from "../cluster/cluster.ts";
import { eventually } from "../setup/waiting.ts";
import { startRedisProxy } from "./redis-proxy.ts";
import { counted, seqsOf, upTo } from "./watching.ts";

const folder = await temporaryFolder();
const redis = await startRedis({ dir: folder.dir });
const proxy = await startRedisProxy(redis.url);
const cluster = await startCluster({
  gateways: 2,
  env: { REDIS_URL: redis.url },
  envOf: { gw2: { REDIS_URL: proxy.url } },
});
afterAll(async () => {
  await cluster.stop();
  await proxy.close();
  await redis.stop();
  await folder.remove();
});

/** What a firewall does that forgot its connections: nothing is closed, nothing arrives. */
it("a gateway's connections to Redis that carry nothing any more are replaced, and nothing is lost meanwhile", async () => {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const [sender, reader] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
  await cluster.send(sender, id, "before");
  await reader.messages(id, 1);
  const gateway = cluster.gateways[1]!;
  const status = async () => (await gateway.gateway.health.report()).status;
  const pushed = () => counted(gateway, "parloir_messages_delivered_total", { source: "push" });

  proxy.swallow();
  await eventually("readiness", status, (now) => now === "degraded");
  const before = await pushed();
  let sent = 1;
  await eventually(
    "pushes",
    async () => {
      sent = (await cluster.send(sender, id, "meanwhile")).seq;
      await reader.messages(id, sent);
      return pushed();
    },
    (now) => now > before,
  );
  await eventually("readiness", status, (now) => now === "ready");
  expect(seqsOf(reader.messagesSoFar(id))).toEqual(upTo(sent));
});
