import type { WorkerFigures } from "@parloir/contracts/cluster.ts";
import { queues } from "@parloir/contracts/jobs.ts";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster } from "../cluster/cluster.ts";
import { eventually } from "../setup/waiting.ts";
import { type OwnServer, ownRedis } from "./servers.ts";
import { counted, sleep, upTo } from "./watching.ts";

/** The Redis for queues alone goes away: rooms have their own. */
let redis: OwnServer;
let cluster: Cluster;
beforeAll(async () => {
  redis = await ownRedis({ appendonly: true });
  cluster = await startCluster({ gateways: 2, workers: 2, env: { QUEUE_REDIS_URL: redis.url } });
});
afterAll(async () => {
  // A test that failed may have left it frozen.
  redis.thaw();
  await cluster.stop();
  await redis.remove();
});

/** Somebody who is written to in several conversations, one message each: a notification each. */
async function addressee(conversations: number) {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const create = () =>
    cluster.call<{ id: string }>(ana, "POST", "/api/messages/conversations", {
      kind: "group",
      memberIds: [ben.id],
    });
  const ids = (await Promise.all(upTo(conversations).map(create))).map(({ id }) => id);
  return { ben, ids, sender: await cluster.socket(ana, 0), reader: await cluster.socket(ben, 1) };
}

type Scene = Awaited<ReturnType<typeof addressee>>;

/** What both workers say of the outbox and the queues, in a snapshot taken from now on. */
async function workersSay(wished: (figures: WorkerFigures) => boolean): Promise<void> {
  const before = cluster.workers.map(({ snapshots }) => snapshots.length);
  const told = () =>
    cluster.workers.flatMap(({ snapshots }, at) =>
      snapshots.length > before[at]! ? snapshots.at(-1)!.worker! : [],
    );
  await eventually("both workers' word", told, (all) => all.length === 2 && all.every(wished));
}

async function relayed(): Promise<number> {
  const each = cluster.workers.map((worker) => counted(worker, "parloir_outbox_lag_seconds"));
  return (await Promise.all(each)).reduce((sum, count) => sum + count, 0);
}

async function notifiedOnce({ ben, ids, reader }: Scene): Promise<void> {
  for (const id of ids) await reader.waitFor("notification", ({ conversationId }) => conversationId === id);
  await eventually(
    "the outbox",
    () => cluster.sql("SELECT FROM outbox"),
    (rows) => rows.length === 0,
  );
  const heard = reader.all("notification").map(({ conversationId }) => conversationId);
  expect(heard.toSorted()).toEqual(ids.toSorted());
  const rows = await cluster.sql("SELECT FROM notifications WHERE user_id = $1", [ben.id]);
  expect(rows).toHaveLength(ids.length);
}

describe("the Redis for queues", () => {
  it.each<[string, (redis: OwnServer) => unknown, (redis: OwnServer) => unknown]>([
    ["gone", (own) => own.stop(), (own) => own.start()],
    ["frozen", (own) => own.freeze(), (own) => own.thaw()],
  ])("%s for 5 s delays notifications: sends are acked, and each arrives once", async (_, away, back) => {
    const scene = await addressee(5);
    const before = await relayed();
    await away(redis);
    const gone = sleep(5_000);
    for (const id of scene.ids) await cluster.send(scene.sender, id);
    for (const id of scene.ids) await scene.reader.messages(id, 1);
    await gone;
    expect(scene.reader.all("notification")).toEqual([]);
    // Of queues nothing is known, which is not that they are empty; Postgres knows what waits.
    await workersSay(({ outboxOldestSeconds, queues }) => outboxOldestSeconds! > 3 && queues!.length === 0);
    await back(redis);
    await notifiedOnce(scene);
    // Each message was late, however few rounds it took: the service level counts them.
    expect((await relayed()) - before).toBeGreaterThanOrEqual(scene.ids.length);
    await workersSay(({ outboxOldestSeconds, queues }) => outboxOldestSeconds === 0 && queues!.length > 0);
  });

  it("flushed with jobs waiting in it loses none of their work", async () => {
    const scene = await addressee(5);
    const { hostname: host, port, password } = new URL(redis.url);
    const queue = new Queue(queues.notify.name, { connection: { host, port: Number(port), password } });
    await queue.pause();
    for (const id of scene.ids) await cluster.send(scene.sender, id);
    const waiting = () => cluster.sql("SELECT FROM outbox WHERE taken_at IS NULL");
    await eventually("the relay", waiting, (rows) => rows.length === 0);
    expect(await queue.getWaitingCount()).toBeGreaterThan(0);
    const admin = new Redis(redis.url);
    // The jobs, and with them the pause.
    await admin.flushall();
    admin.disconnect();
    await queue.close();
    expect(scene.reader.all("notification")).toEqual([]);
    // As if the half minute had passed after which a row is taken again.
    await cluster.sql("UPDATE outbox SET taken_at = taken_at - interval '1 minute'");
    await notifiedOnce(scene);
  });
});
