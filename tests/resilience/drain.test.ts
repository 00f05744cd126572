import path from "node:path";
import { startHaproxy } from "@parloir/local/haproxy.ts";
import { freePort } from "@parloir/local/ports.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { startCluster } from "../cluster/cluster.ts";
import { eventually } from "../setup/waiting.ts";
import { counted, upTo } from "./watching.ts";
import { officialWriter, plainWriter } from "./writers.ts";

const drainMs = 6_000;
const cluster = await startCluster({ gateways: 2, apis: 2, env: { DRAIN_MS: String(drainMs) } });
const folder = await temporaryFolder();
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const target = ({ name, port: at }: { name: string; port: number }) => ({
  name,
  host: "127.0.0.1",
  port: at,
});
const balancer = await startHaproxy({
  dir: path.join(folder.dir, "haproxy"),
  config: {
    mode: "local",
    bind: [`127.0.0.1:${port}`],
    gateways: cluster.gateways.map(target),
    apis: cluster.apis.map(target),
    maxconn: 500,
  },
  url,
});
afterAll(async () => {
  await cluster.stop();
  await balancer.stop();
  await folder.remove();
});

it("a gateway that drains under load: everybody moves by themselves, and no send fails", async () => {
  const [old, other] = [cluster.gateways[0]!, cluster.gateways[1]!];
  const people = await Promise.all(upTo(24).map((n) => cluster.person(`p${n}`)));
  const { id: conversationId } = await cluster.conversation(people[0]!, ...people.slice(1));
  const options = people.map(({ id, token }) => ({ url, userId: id, token, conversationId, pauseMs: 40 }));
  const plain = options.slice(0, 12).map(plainWriter);
  const official = options.slice(12).map(officialWriter);
  const writers = [...plain, ...official];
  onTestFinished(() => {
    for (const writer of writers) writer.close();
  });
  await Promise.all(writers.map((writer) => writer.connected));
  const before = await counted(old, "parloir_sockets");
  expect(before).toBeGreaterThan(5);

  let over = false;
  const writing = writers.map((writer) => writer.write(() => over));
  const draining = old.gateway.drain();
  const status = async (at: string) => (await fetch(`${old.url}${at}`)).status;
  expect([await status("/balancer"), await status("/readyz"), await status("/livez")]).toEqual([
    404, 503, 200,
  ]);
  await draining;
  await eventually(
    "sockets on gw2",
    () => counted(other, "parloir_sockets"),
    (now) => now === writers.length,
  );
  expect(await counted(old, "parloir_sockets")).toBe(0);
  over = true;
  await Promise.all(writing);

  // Each was told when to go, all at different times, and is on the other gateway now.
  const delays = plain.flatMap((writer) => writer.delays);
  expect(delays.length).toBe(plain.filter(({ nodes }) => nodes[0] === "gw1").length);
  expect(Math.max(...delays)).toBeLessThan(drainMs);
  expect(new Set(delays).size).toBeGreaterThan(1);
  for (const { nodes } of plain) expect(nodes.at(-1)).toBe("gw2");

  expect(official.flatMap(({ failed }) => failed)).toEqual([]);
  // One that knows nothing of draining can only be closed when it is silent: a send may cross that on the wire, the
  // more so in this one process that plays all the clients. Closed at any moment, every second one loses a send.
  expect(plain.flatMap(({ failed }) => failed).length).toBeLessThanOrEqual(3);
  const rows = await cluster.sql<{ content: string }>("SELECT content FROM messages");
  const stored = rows.map(({ content }) => content);
  expect(new Set(stored).size).toBe(stored.length);
  expect(writers.flatMap(({ acked }) => acked).filter((content) => !stored.includes(content))).toEqual([]);
});
