import { type ClusterView, type NodeSnapshot, snapshotGoneMs } from "@parloir/contracts/cluster.ts";
import type { ClusterHistory } from "@parloir/contracts/cluster-history.ts";
import { figuresFor } from "@parloir/contracts/node-history.ts";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster } from "./cluster.ts";
import type { Node } from "./nodes.ts";

const cluster = await startCluster({ gateways: 2, apis: 2, workers: 2 });
afterAll(() => cluster.stop());
const admin = await cluster.person("admin", "admin");
const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
const { id } = await cluster.conversation(ana, ben);

const view = () => cluster.call<ClusterView>(admin, "GET", "/api/cluster");
const everybody = ["api1", "api2", "gw1", "gw2", "worker1", "worker2"];

describe("the cluster's view of itself", () => {
  it("shows every process, by role and name, each with its own figures", async () => {
    const { nodes } = await eventually(
      "all nodes",
      view,
      (all) => all.nodes.length === everybody.length && all.nodes.every(({ state }) => state === "ready"),
    );
    expect(nodes.map(({ name }) => name)).toEqual(everybody);
    for (const node of nodes) {
      expect(Date.parse(node.at)).toBeGreaterThan(Date.now() - snapshotGoneMs);
      expect(node[node.role]).toBeDefined();
      expect(node).toMatchObject({ state: "ready", pid: process.pid });
      expect(node.memoryBytes).toBeGreaterThan(1e6);
    }
  });

  it("counts what happens: a send on one gateway, its delivery on the other", async () => {
    const [sender, reader] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
    const seen = { acked: 0, delivered: 0, committed: 0, sockets: new Set<number>() };
    let sent = 0;
    await eventually(
      "figures",
      async () => {
        await cluster.send(sender, id);
        sent += 1;
        const { nodes } = await view();
        const of = (name: string) => nodes.find((each) => each.name === name)!;
        seen.acked = Math.max(seen.acked, of("gw1").gateway!.ack?.n ?? 0);
        seen.delivered = Math.max(seen.delivered, of("gw2").gateway!.delivery?.n ?? 0);
        seen.committed = Math.max(
          seen.committed,
          of("api1").api!.messagesPerSecond,
          of("api2").api!.messagesPerSecond,
        );
        seen.sockets.add(of("gw1").gateway!.sockets + of("gw2").gateway!.sockets);
        return seen;
      },
      (all) => all.acked > 0 && all.delivered > 0 && all.committed > 0 && all.sockets.has(2),
    );
    expect(await reader.messages(id, sent)).toHaveLength(sent);
    const { nodes } = await view();
    const [first, second] = ["gw1", "gw2"].map((name) => nodes.find((each) => each.name === name)!.gateway!);
    // Both have the room; whatever came to the second came by a push.
    expect(first!.rooms).toBe(1);
    expect(second!.rooms).toBe(1);
  });

  it("is pushed to an admin who watches, until they do not", async () => {
    const socket = await cluster.socket(admin, 1);
    const { cluster: first } = await socket.ok("watch_cluster", { on: true });
    expect(first?.nodes.map(({ name }) => name)).toEqual(everybody);
    const pushed = await socket.waitFor("cluster", ({ at }) => at > first!.at);
    expect(pushed.nodes.map(({ name }) => name)).toEqual(everybody);
    expect(await socket.ok("watch_cluster", { on: false })).toEqual({ cluster: null });
  });

  it("is for admins and keys with the scope", async () => {
    const agent = await cluster.person("agent", "agent");
    for (const person of [ana, agent]) {
      for (const [method, path] of [
        ["GET", "/api/cluster"],
        ["GET", "/api/cluster/history"],
        ["POST", "/api/cluster/nodes/gw1/drain"],
      ] as const)
        expect((await cluster.rest(person, method, path)).status).toBe(403);
      const socket = await cluster.socket(person);
      expect(await socket.refused("watch_cluster", { on: true })).toMatchObject({ code: "FORBIDDEN" });
    }
    expect((await cluster.request(serverKey, "GET", "/api/cluster")).status).toBe(200);
  });

  it("ends for an admin who is none any more", async () => {
    const former = await cluster.person("former", "admin");
    const socket = await cluster.socket(former);
    await socket.ok("watch_cluster", { on: true });
    await cluster.request(serverKey, "PUT", `/api/users/${former.id}`, { name: "former", role: "client" });
    await eventually(
      "a refusal",
      () => socket.emit("watch_cluster", { on: true }),
      (ack) => !ack.ok && ack.error.code === "FORBIDDEN",
    );
    const before = socket.all("cluster").length;
    const other = await cluster.socket(admin);
    const { cluster: now } = await other.ok("watch_cluster", { on: true });
    // The next push of the same gateway reaches the one and not the other.
    await other.waitFor("cluster", ({ at }) => at > now!.at);
    expect(socket.all("cluster").length).toBeLessThanOrEqual(before + 1);
  });

  it("keeps a history in which each step stands once, though there are two workers", async () => {
    const { points } = await eventually("two points", history, (all) => all.points.length >= 2);
    const steps = points.map(({ at }) => Math.floor(Date.parse(at) / 10_000));
    expect(new Set(steps).size).toBe(steps.length);
    expect(points.at(-1)!.sockets).toBeGreaterThan(0);
    // Nothing was sent in most steps: that is no latency of 0.
    expect(points.every(({ ackP99 }) => ackP99 === null || ackP99 > 0)).toBe(true);
  });
});

describe("the history of each process", () => {
  it("holds what each did, by its role, and is told only to who asks for it", async () => {
    const sender = await cluster.socket(ana, 0);
    const withNodes = async () => {
      await cluster.send(sender, id);
      const path = "/api/cluster/history?minutes=5&nodes=true";
      return (await cluster.call<ClusterHistory>(admin, "GET", path)).nodes!;
    };
    const points = await eventually("a point with a send", withNodes, (all) =>
      all.some(({ nodes }) => (nodes.gw1?.sendsPerSecond ?? 0) > 0 && nodes.gw1!.ackP95 !== null),
    );
    const { nodes } = points.at(-1)!;
    expect(Object.keys(nodes).toSorted()).toEqual(everybody);
    for (const [name, node] of Object.entries(nodes)) {
      const { role, began, ...figures } = node;
      expect(name.startsWith({ gateway: "gw", api: "api", worker: "worker" }[role])).toBe(true);
      expect(Object.keys(figures).toSorted()).toEqual(figuresFor(role).toSorted());
      expect(node.memoryBytes).toBeGreaterThan(1e6);
    }
    // Nobody sent over the second: that is a rate of 0, and no latency.
    expect(nodes.gw2).toMatchObject({ sendsPerSecond: 0, ackP95: null });
    expect(await history()).not.toHaveProperty("nodes");
    expect((await cluster.rest(admin, "GET", "/api/cluster/history?nodes=yes")).status).toBe(400);
  });
});

/** Of the last five minutes. */
const history = () => cluster.call<ClusterHistory>(admin, "GET", "/api/cluster/history?minutes=5");

describe("its figures", () => {
  /** What Prometheus would scrape: the sum of the series that hold all these words. */
  async function scraped(node: Node, metric: string, ...labels: string[]): Promise<number> {
    const lines = (await node.metrics.registry.metrics()).split("\n");
    return lines
      .filter((line) => /^(\w+)/.exec(line)?.[1] === metric && labels.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** What all snapshots since the start add up to: the first counts from the start on. */
  const told = (node: Node, read: (snapshot: NodeSnapshot) => number) =>
    node.snapshots.reduce((sum, snapshot) => sum + read(snapshot), 0);

  it("agree with what Prometheus scrapes, over the same time: to the last message", {
    timeout: 120_000,
  }, async () => {
    const [sender, reader] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
    const { seq } = await cluster.send(sender, id);
    for (let n = 0; n < 20; n++) await cluster.send(sender, id);
    await reader.waitFor("new_message", (message) => message.seq === seq + 20);
    const [gw1, gw2] = [cluster.gateways[0]!, cluster.gateways[1]!];
    const apis = cluster.apis;
    const workers = cluster.workers;
    await eventually(
      "the last job",
      async () => (await cluster.sql<{ count: string }>("SELECT count(*) FROM outbox"))[0]!.count,
      (count) => Number(count) === 0,
    );
    // Nothing happens any more: from the second snapshot on, all of it has been told.
    const everyone = [gw1, gw2, ...apis, ...workers];
    const before = everyone.map(({ snapshots }) => snapshots.length);
    await eventually(
      "two more snapshots of each",
      () => everyone.every(({ snapshots }, at) => snapshots.length >= before[at]! + 2),
      (both) => both,
    );
    const counted = (rate: (snapshot: NodeSnapshot) => number) => (snapshot: NodeSnapshot) =>
      rate(snapshot) * snapshot.windowSeconds;
    const agree = (mine: number, theirs: number) => {
      expect(theirs).toBeGreaterThan(0);
      expect(mine).toBeCloseTo(theirs, 6);
    };
    agree(
      told(
        gw1,
        counted(({ gateway }) => gateway!.sendsPerSecond),
      ),
      await scraped(gw1, "parloir_commands_total", 'event="send_message"', 'outcome="ok"'),
    );
    agree(
      told(gw1, ({ gateway }) => gateway!.ack?.n ?? 0),
      await scraped(gw1, "parloir_ack_seconds_count"),
    );
    agree(
      told(
        gw2,
        counted(({ gateway }) => gateway!.deliveriesPerSecond),
      ),
      await scraped(gw2, "parloir_messages_delivered_total"),
    );
    // A conversation keeps to one api, and a job is any worker's: those add up over the processes.
    const allTold = (nodes: Node[], read: (snapshot: NodeSnapshot) => number) =>
      nodes.reduce((sum, node) => sum + told(node, read), 0);
    const allScraped = async (nodes: Node[], metric: string, ...labels: string[]) =>
      (await Promise.all(nodes.map((node) => scraped(node, metric, ...labels)))).reduce(
        (sum, n) => sum + n,
        0,
      );
    agree(
      allTold(
        apis,
        counted(({ api }) => api!.messagesPerSecond),
      ),
      await allScraped(apis, "parloir_messages_committed_total", 'outcome="ok"'),
    );
    const notified = counted(
      ({ worker }) => worker!.queues!.find(({ name }) => name === "notify")!.donePerSecond,
    );
    agree(
      allTold(workers, notified),
      await allScraped(workers, "parloir_jobs_total", 'queue="notify"', 'outcome="completed"'),
    );
    const now = gw2.snapshots.at(-1)!.gateway!;
    expect(now.sockets).toBe(await scraped(gw2, "parloir_sockets"));
    expect(now.rooms).toBe(await scraped(gw2, "parloir_rooms"));
  });

  it("are in the history to the last message, also those of a burst between two of its points", {
    timeout: 120_000,
  }, async () => {
    const told = ({ counted }: ClusterHistory) =>
      (counted?.nodes ?? []).reduce((sum, { counts }) => sum + (counts?.levels.send?.all ?? 0), 0);
    const first = await eventually("a point", history, ({ points }) => points.length > 0);
    const sender = await cluster.socket(ana, 0);
    const sends = 25;
    await Promise.all(Array.from({ length: sends }, () => cluster.send(sender, id)));
    const all = async () => {
      const counts = cluster.gateways.map((node) =>
        scraped(node, "parloir_commands_total", 'event="send_message"'),
      );
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    };
    const both = async () => ({ now: await history(), total: await all() });
    const { now, total } = await eventually(
      "the burst",
      both,
      (each) => each.total >= told(first) + sends && told(each.now) === each.total,
    );
    const later = now.points.filter(({ at }) => at > first.counted!.at);
    expect(later.reduce((sum, { levels }) => sum + levels!.send!.all, 0)).toBe(total - told(first));
  });

  /** The histogram's cumulative counts by their upper bounds, ascending. */
  async function buckets(node: Node, metric: string): Promise<[number, number][]> {
    const text = await node.metrics.registry.metrics();
    const found = text.matchAll(new RegExp(`^${metric}_bucket\\{.*le="([^"]+)".*\\} (\\S+)$`, "gm"));
    return [...found].map(([, le, count]) => [Number(le!.replace("+Inf", "Infinity")), Number(count)]);
  }

  /** As Prometheus documents it. The rule tests hold the same arithmetic against Prometheus itself. */
  function histogramQuantile(share: number, cumulative: [number, number][]): number {
    const rank = share * cumulative.at(-1)![1];
    const at = cumulative.findIndex(([, count]) => count >= rank);
    const [end, count] = cumulative[at]!;
    const [start, below] = cumulative[at - 1] ?? [0, 0];
    return end === Number.POSITIVE_INFINITY
      ? start
      : start + (end - start) * ((rank - below) / (count - below));
  }

  it("have the quantiles that Prometheus has of the same time, within 2 %", {
    timeout: 120_000,
  }, async () => {
    const sender = await cluster.socket(ana, 0);
    const [gw1] = cluster.gateways;
    const sends = 12;
    /** A burst of which one snapshot tells as a whole, and the histogram's growth by it. */
    async function burst() {
      const [first, before] = [gw1!.snapshots.length, await buckets(gw1!, "parloir_ack_seconds")];
      await Promise.all(Array.from({ length: sends }, () => cluster.send(sender, id)));
      const fresh = () => gw1!.snapshots.slice(first).flatMap(({ gateway }) => gateway!.ack ?? []);
      await eventually(
        "the burst's snapshots",
        fresh,
        (all) => all.reduce((n, each) => n + each.n, 0) >= sends,
      );
      const after = await buckets(gw1!, "parloir_ack_seconds");
      const grown = after.map(([le, count], at): [number, number] => [le, count - before[at]![1]]);
      return { shown: fresh().find(({ n }) => n === sends), grown };
    }
    const { shown, grown } = await eventually(
      "one whole burst",
      burst,
      (each) => each.shown !== undefined,
      90_000,
    );
    for (const [share, mine] of [
      [0.5, shown!.p50],
      [0.95, shown!.p95],
      [0.99, shown!.p99],
    ] as const)
      expect(Math.abs(mine / histogramQuantile(share, grown) - 1), `p${100 * share}`).toBeLessThan(0.02);
  });

  it("tell of the stores' answers and of the queues", async () => {
    const { nodes } = await view();
    for (const { role, roundTrips } of nodes) {
      const stores = {
        gateway: ["redis"],
        api: ["postgres", "redis"],
        worker: ["postgres", "queue", "redis"],
      };
      expect(Object.keys(roundTrips!).toSorted()).toEqual(stores[role]);
      for (const seconds of Object.values(roundTrips!)) expect(seconds).toBeGreaterThan(0);
    }
    const queues = nodes.find(({ role }) => role === "worker")!.worker!.queues!;
    expect(queues.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["notify", "search", "maintenance"]),
    );
    expect(queues.find(({ name }) => name === "notify")).toMatchObject({ waiting: 0, failed: 0 });
  });
});

describe("an admin drains a gateway from there", () => {
  it("which hears it, once, and it stands in the audit log", async () => {
    const before = cluster.gateways.map(({ drains }) => drains.wished);
    expect((await cluster.rest(admin, "POST", "/api/cluster/nodes/gw2/drain")).status).toBe(202);
    await eventually(
      "the wish",
      () => cluster.gateways[1]!.drains.wished,
      (wished) => wished === before[1]! + 1,
    );
    expect(cluster.gateways[0]!.drains.wished).toBe(before[0]);
    const [entry] = await cluster.sql("SELECT action, target, actor_id FROM audit ORDER BY id DESC LIMIT 1");
    expect(entry).toEqual({ action: "node.drained", target: "gw2", actor_id: admin.id });
  });

  it.each([
    ["a process that is not there", "gw9", 404],
    ["one that is no gateway", "api1", 400],
    ["what is no name", "gw%201", 400],
  ])("but not %s", async (_, name, status) => {
    expect((await cluster.rest(admin, "POST", `/api/cluster/nodes/${name}/drain`)).status).toBe(status);
  });
});
