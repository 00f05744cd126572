import { startCanary } from "@parloir/gateway/canary/canary.ts";
import { readGatewayConfig } from "@parloir/platform/env.ts";
import { pino } from "pino";
import { afterAll, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { jwtSecret, startCluster } from "./cluster.ts";
import type { Node } from "./nodes.ts";

/** A gateway's pair of clients, before a cluster that people hardly use. */
const cluster = await startCluster({ gateways: 2 });
const [gw1, gw2] = [cluster.gateways[0]!, cluster.gateways[1]!];
const { internalSecret: secret } = readGatewayConfig({
  JWT_SECRET: jwtSecret,
  REDIS_URL: cluster.redisUrl,
  API_URLS: cluster.apis[0]!.privateUrl,
});
const canary = startCanary({
  node: gw1.name,
  address: gw1.url,
  secret,
  everyMs: 50,
  others: async () => [gw2.url],
  conversation: (userId) => gw1.gateway.openCanaryConversation(userId),
  log: pino({ level: "silent" }),
  metrics: gw1.metrics,
});
afterAll(() => {
  canary.stop();
  return cluster.stop();
});

/** The sum of a metric's series; of a histogram, of its observations. */
async function counted({ metrics }: Node, name: string, ...labels: string[]): Promise<number> {
  const lines = (await metrics.registry.metrics()).split("\n");
  return lines
    .filter((line) => [name, `${name}_count`].includes(/^\w+/.exec(line)?.[0] ?? ""))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

async function seen() {
  const both = async (name: string, ...labels: string[]) =>
    (await counted(gw1, name, ...labels)) + (await counted(gw2, name, ...labels));
  return {
    sockets: await both("parloir_sockets"),
    commands: await both("parloir_commands_total", 'event="send_message"'),
    acked: await both("parloir_ack_seconds"),
    released: await both("parloir_messages_delivered_total"),
    delivered: await both("parloir_delivery_seconds"),
    committed: await counted(cluster.apis[0]!, "parloir_messages_committed_total"),
  };
}

it("is measured by itself, and is nobody: what is shown of people is people's", async () => {
  const rounds = (more: number) =>
    eventually(
      `${more} rounds`,
      () => counted(gw1, "parloir_canary_total", 'outcome="ok"'),
      (ok) => ok >= more,
    );
  const before = await rounds(3);
  expect(await counted(gw1, "parloir_canary_delivery_seconds")).toBeGreaterThanOrEqual(3);
  const none = { sockets: 0, commands: 0, acked: 0, released: 0, delivered: 0, committed: 0 };
  expect(await seen()).toEqual(none);
  // What it does is work for the api all the same.
  expect(await counted(cluster.apis[0]!, "parloir_commit_seconds")).toBeGreaterThanOrEqual(3);

  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const [sender, reader] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
  await cluster.send(sender, id);
  await reader.messages(id, 1);
  await rounds(before + 3);
  await eventually(
    "one message of people",
    seen,
    (now) => now.committed === 1 && now.released === 2 && now.delivered === 2,
  );
  expect(await seen()).toEqual({
    sockets: 2,
    commands: 1,
    acked: 1,
    released: 2,
    delivered: 2,
    committed: 1,
  });
});
