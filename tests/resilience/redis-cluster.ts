import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { freePort } from "@parloir/local/ports.ts";
import { signal } from "@parloir/local/proc.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { Redis } from "ioredis";
import { eventually } from "../setup/waiting.ts";

/** A real Redis Cluster on this machine: three masters, each with a replica that takes over. */

const masters = 3;
const slots = 16_384;
/** A node that is silent for so long is failed over; the default is fifteen seconds. */
const nodeTimeoutMs = 2_000;
const password = "of-all-nodes-of-the-test-cluster";

interface ClusterNode {
  id: string;
  port: number;
  pid: number;
  client: Redis;
  stop: () => Promise<void>;
}

export type RedisCluster = Awaited<ReturnType<typeof startRedisCluster>>;

export async function startRedisCluster() {
  const folder = await temporaryFolder();
  const nodes: ClusterNode[] = [];
  for (let n = 0; n < 2 * masters; n++) nodes.push(await startNode(path.join(folder.dir, `node${n}`)));
  const first = nodes[0]!;
  for (const [n, { client }] of nodes.entries()) {
    if (n < masters) {
      const [from, to] = [n, n + 1].map((part) => Math.floor((part * slots) / masters));
      await client.cluster("ADDSLOTSRANGE", from!, to! - 1);
    }
    // Each its own epoch, before they know each other: otherwise they first have to agree on one.
    await client.cluster("SET-CONFIG-EPOCH", n + 1);
  }
  const busOf = await Promise.all(nodes.map(({ client }) => busPort(client)));
  for (const [n, { port }] of nodes.entries())
    if (n > 0) await first.client.call("CLUSTER", "MEET", "127.0.0.1", port, busOf[n]!);
  for (const { client } of nodes)
    await eventually(
      "the nodes to know each other",
      () => client.cluster("NODES") as Promise<string>,
      (text) => text.trim().split("\n").length === nodes.length && !text.includes("handshake"),
    );
  for (const { client } of nodes.slice(masters))
    await client.cluster("REPLICATE", nodes[nodes.findIndex((each) => each.client === client) - masters]!.id);
  for (const { client } of nodes) {
    await eventually(
      "the cluster",
      () => client.cluster("INFO") as Promise<string>,
      (text) => text.includes("cluster_state:ok"),
    );
  }
  for (const { client } of nodes.slice(masters))
    await eventually(
      "the replicas",
      () => client.info("replication"),
      (text) => text.includes("master_link_status:up"),
    );

  async function masterOf(key: string): Promise<ClusterNode> {
    const slot = Number(await first.client.cluster("KEYSLOT", key));
    const alive = nodes.find(({ client }) => client.status === "ready")!;
    const ranges = await alive.client.cluster("SLOTS");
    const range = ranges.find(([from, to]) => from <= slot && slot <= to)!;
    return nodes.find(({ port }) => port === range[2]![1])!;
  }

  return {
    /** As REDIS_URL takes it with REDIS_CLUSTER=1. */
    url: nodes
      .slice(0, masters)
      .map(({ port }) => `redis://:${password}@127.0.0.1:${port}`)
      .join(","),
    masterOf,
    /** Ends the master of a key's slot for good; resolves once another node has taken its place. */
    async failOver(key: string): Promise<void> {
      const victim = await masterOf(key);
      const heir = nodes[nodes.indexOf(victim) + masters]!;
      signal(victim.pid, "SIGKILL");
      victim.client.disconnect();
      await eventually(
        "the replica to take over",
        () => heir.client.info("replication"),
        (text) => text.includes("role:master"),
      );
    },
    async stop(): Promise<void> {
      for (const { client, stop } of nodes) {
        client.disconnect();
        await stop();
      }
      await folder.remove();
    },
  };
}

async function startNode(dir: string): Promise<ClusterNode> {
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, "password"), password);
  const bus = await freePort();
  const server = await startRedis({
    dir,
    settings: [
      "cluster-enabled yes",
      `cluster-port ${bus}`,
      `cluster-node-timeout ${nodeTimeoutMs}`,
      // Also a replica that is a little behind: what it lacks is of no worth here.
      "cluster-replica-validity-factor 0",
      "repl-diskless-sync-delay 0",
      `masterauth ${password}`,
    ],
  });
  const client = new Redis(server.url, { maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  const id = String(await client.cluster("MYID"));
  return { id, port: Number(new URL(server.url).port), pid: server.pid, client, stop: server.stop };
}

async function busPort(client: Redis): Promise<number> {
  const [, port] = (await client.config("GET", "cluster-port")) as [string, string];
  return Number(port);
}
