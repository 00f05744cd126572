import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { signal } from "@parloir/local/proc.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseOptions } from "../../infra/doctor/options.ts";
import { checkSentinels } from "../../infra/doctor/sentinels.ts";
import { checkQueue } from "../../infra/doctor/stores.ts";
import { type Cluster, startCluster } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { eventually } from "../setup/waiting.ts";

/** Queues behind Sentinels: a master, its replica, and three who watch them. */
const password = "of-the-master-and-its-replica";
type Server = Awaited<ReturnType<typeof startRedis>>;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const servers: Server[] = [];
let master: Server;
let replica: Server;
let env: Record<string, string>;
let cluster: Cluster;
let writer: TestSocket;
let reader: TestSocket;
let id: string;

const portOf = ({ url }: Server) => Number(new URL(url).port);

async function start(name: string, settings: string[], sentinel = false): Promise<Server> {
  const dir = path.join(folder.dir, name);
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, "password"), password);
  const server = await startRedis({ dir, settings, sentinel });
  servers.push(server);
  return server;
}

/** Asks one of them until its answer is as wished. */
async function untilInfo(server: Server, section: string, wished: string): Promise<void> {
  const client = new Redis(server.url, { maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  try {
    await eventually(
      `${wished} of ${server.url}`,
      () => client.info(section),
      (text) => text.includes(wished),
    );
  } finally {
    client.disconnect();
  }
}

beforeAll(async () => {
  folder = await temporaryFolder();
  master = await start("master", [`masterauth ${password}`]);
  replica = await start("replica", [`masterauth ${password}`, `replicaof 127.0.0.1 ${portOf(master)}`]);
  await untilInfo(replica, "replication", "master_link_status:up");
  const watchers = await Promise.all(
    [1, 2, 3].map((n) =>
      start(
        `sentinel${n}`,
        [
          `sentinel monitor queues 127.0.0.1 ${portOf(master)} 2`,
          `sentinel auth-pass queues ${password}`,
          `sentinel sentinel-pass ${password}`,
          "sentinel down-after-milliseconds queues 2000",
          "sentinel failover-timeout queues 10000",
        ],
        true,
      ),
    ),
  );
  for (const each of watchers) await untilInfo(each, "sentinel", "slaves=1,sentinels=3");
  env = {
    QUEUE_REDIS_URL: master.url,
    QUEUE_REDIS_SENTINELS: watchers.map((each) => `127.0.0.1:${portOf(each)}`).join(","),
    QUEUE_REDIS_MASTER: "queues",
    QUEUE_REDIS_SENTINEL_PASSWORD: password,
  };
  cluster = await startCluster({ workers: 1, env });
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  ({ id } = await cluster.conversation(ana, ben));
  [writer, reader] = [await cluster.socket(ana), await cluster.socket(ben)];
});
afterAll(async () => {
  await cluster.stop();
  for (const server of servers.reverse()) await server.stop();
  await folder.remove();
});

/** A job that the failover lost, because the replica had not heard of it, is added again after 30 s. */
const lostJobMs = 75_000;

/** A notification is the work of a job. */
async function notified(count: number): Promise<void> {
  const payload = { conversationId: id, clientMessageId: randomUUID(), content: `${count}` };
  await eventually(
    "an ack",
    () => writer.emit("send_message", payload),
    ({ ok }) => ok,
  );
  await eventually(
    "the notification",
    () => cluster.sql<{ count: number }>("SELECT count FROM notifications WHERE conversation_id = $1", [id]),
    ([row]) => row?.count === count,
    lostJobMs,
  );
}

it("the doctor finds them well, and the master by asking them", async () => {
  const { queue } = parseOptions(["--url", cluster.url], {
    ...env,
    QUEUE_REDIS_URL: `redis://:${password}@127.0.0.1:1`,
  })!;
  const findings = await Promise.all([checkQueue(queue!), checkSentinels(queue!.sentinels!)]);
  expect(findings.flat().map(({ what, state }) => [what, state])).toEqual([
    ["Redis for queues", "ok"],
    ["eviction of queues", "ok"],
    ["append-only file of queues", "warning"],
    ["Sentinels", "ok"],
  ]);
});

it("jobs go to the master that the Sentinels name, and to the next one when it dies", {
  timeout: 300_000,
}, async () => {
  await notified(1);
  const worked = await cluster.workers[0]!.metrics.get("parloir_jobs_total").get();
  expect(worked.values.length).toBeGreaterThan(0);
  signal(master.pid, "SIGKILL");
  await untilInfo(replica, "replication", "role:master");
  await notified(2);
  await notified(3);
  expect(reader.all("notification").length).toBeGreaterThan(0);
});
