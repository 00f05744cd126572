import { afterAll, expect, it } from "vitest";
import { startCluster } from "../cluster/cluster.ts";
import { eventually } from "../setup/waiting.ts";
import { startRedisProxy } from "./redis-proxy.ts";
import { ownRedis } from "./servers.ts";

/** Pub/sub is well, but for the one api that removes. */
const redis = await ownRedis();
const proxy = await startRedisProxy(redis.url);
const cluster = await startCluster({
  gateways: 2,
  apis: 2,
  env: { REDIS_URL: redis.url },
  envOf: { api1: { REDIS_URL: proxy.url } },
});
afterAll(async () => {
  await cluster.stop();
  await proxy.close();
  await redis.remove();
});

it("whoever is removed by an api that is cut off from pub/sub is out of the room all the same", async () => {
  const [ana, ben, cal] = [
    await cluster.person("ana"),
    await cluster.person("ben"),
    await cluster.person("cal"),
  ];
  const { id } = await cluster.conversation(ana, ben, cal);
  const [anaSocket, benSocket, calSocket] = [
    await cluster.socket(ana, 0),
    await cluster.socket(ben, 1),
    await cluster.socket(cal, 1),
  ];
  proxy.cut();
  const path = `/api/messages/conversations/${id}/members/${ben.id}`;
  await eventually(
    "a removal by the api without pub/sub",
    () => cluster.request(ana.token, "DELETE", `${cluster.apis[0]!.url}${path}`),
    ({ status }) => status === 200,
  );
  // By its roster any look at the heads would show it, every ten seconds. Here nothing shows it but the question for
  // removals.
  await cluster.sql("UPDATE conversations SET roster = roster - 1 WHERE id = $1", [id]);
  await benSocket.waitFor("conversation_removed", (removed) => removed.conversationId === id);
  await anaSocket.ok("typing", { conversationId: id, isTyping: true });
  await cluster.request(cal.token, "POST", `${cluster.apis[1]!.url}/api/messages/conversations/${id}/read`, {
    seq: 1,
  });
  await calSocket.waitFor("user_typing");
  await calSocket.waitFor("messages_read");
  expect(benSocket.all("user_typing")).toEqual([]);
  expect(benSocket.all("messages_read")).toEqual([]);
  proxy.mend();
});
