import { randomUUID } from "node:crypto";
import type { Registry } from "prom-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { type Cluster, startCluster } from "./cluster.ts";

/** A label's values are counted on one's fingers: a series for each person would end Prometheus before the cluster. */
let cluster: Cluster;
const people = 8;
const strange = Array.from({ length: people }, () => randomUUID());
/** Everything that names somebody or something in this test. */
const ids: string[] = [];
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2, workers: 1 });
  const ben = await cluster.person("ben");
  ids.push(ben.id, ...strange);
  for (const one of strange) {
    const ana = await cluster.person("ana");
    const { id } = await cluster.conversation(ana, ben);
    ids.push(ana.id, id);
    const socket = await cluster.socket(ana);
    await cluster.send(socket, id, `to ${ben.id}`);
    await socket.emit("join_conversation", { conversationId: one });
    // Commands, routes, methods and queries that there are not.
    socket.raw.emit(one, {});
    socket.raw.emit(`send_message ${one}`, { conversationId: id });
    for (const path of [
      `/api/${one}`,
      `/api/users/${one}`,
      `/api/messages/conversations/${id}/messages?limit=5`,
      `/${one}/../api/me`,
      `/api/messages/conversations?q=${one}`,
    ])
      await cluster.rest(ana, "GET", path);
    await cluster.rest(ana, "PATCH", `/api/users/${one}`, {});
    await fetch(new URL(`/api/me`, cluster.apiUrl), { method: "PROPFIND" });
    cluster.connect(one);
  }
  const jobs = cluster.workers[0]!.metrics.get("parloir_jobs_total");
  await eventually(
    "jobs",
    async () => (await jobs.get()).values.length,
    (count) => count > 0,
  );
});
afterAll(() => cluster.stop());

interface Series {
  metric: string;
  labels: Record<string, string | number>;
}
async function seriesOf(registry: Registry): Promise<Series[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, values }) =>
    (values as { labels: Record<string, string | number> }[]).map(({ labels }) => ({ metric: name, labels })),
  );
}

it("no label holds an id, a token, an address or what a client wrote, whatever it asks for", async () => {
  const nodes = [...cluster.gateways, ...cluster.apis, ...cluster.workers];
  const series = (await Promise.all(nodes.map(({ metrics }) => seriesOf(metrics.registry)))).flat();
  // What was asked for was counted.
  const counted = (metric: string) => series.filter((each) => each.metric === metric).length;
  expect(counted("parloir_commands_total")).toBeGreaterThan(2);
  expect(counted("parloir_http_requests_total")).toBeGreaterThan(4);

  const uuid = /[0-9a-f]{8}-[0-9a-f]{4}/;
  const found = series.flatMap(({ metric, labels }) =>
    Object.entries(labels).flatMap(([label, value]) =>
      uuid.test(String(value)) || ids.some((id) => String(value).includes(id))
        ? [`${metric} ${label}=${value}`]
        : [],
    ),
  );
  expect(found).toEqual([]);
});

it("no metric has a series for each person: twice as many people make no new one", async () => {
  const registries = [...cluster.gateways, ...cluster.apis].map(({ metrics }) => metrics.registry);
  // By metric; of a histogram all buckets count as one.
  const all = async () => {
    const found = new Map<string, Set<string>>();
    for (const { metric, labels } of (await Promise.all(registries.map(seriesOf))).flat()) {
      const { le: _, ...rest } = labels;
      found.set(metric, (found.get(metric) ?? new Set()).add(JSON.stringify(rest)));
    }
    return found;
  };
  const before = await all();
  const ben = await cluster.person("ben");
  for (let n = 0; n < people; n += 1) {
    const ana = await cluster.person("ana");
    const { id } = await cluster.conversation(ana, ben);
    await cluster.send(await cluster.socket(ana), id);
    await cluster.rest(ana, "GET", `/api/messages/conversations/${id}/messages`);
  }
  // A status or an outcome that had not happened before may come, but none for each of them.
  const grown = [...(await all())].flatMap(([metric, now]) => {
    const more = now.size - (before.get(metric)?.size ?? 0);
    return more < people ? [] : [`${metric}: ${more}`];
  });
  expect(grown).toEqual([]);
});
