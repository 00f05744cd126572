import { randomUUID } from "node:crypto";
import type { ClusterHistory } from "@parloir/contracts/cluster-history.ts";
import { channelOf } from "@parloir/platform/publisher.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cluster, startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { eventually } from "../setup/waiting.ts";
import { type RedisCluster, startRedisCluster } from "./redis-cluster.ts";
import { type OwnServer, ownRedis } from "./servers.ts";
import { counted, seqsOf, sleep, upTo } from "./watching.ts";

/** Rooms over a Redis Cluster: three masters, each with its share of the rooms, and a replica for each. */
let redis: RedisCluster;
let queue: OwnServer;
let cluster: Cluster;
beforeAll(async () => {
  [redis, queue] = await Promise.all([startRedisCluster(), ownRedis({ appendonly: true })]);
  cluster = await startCluster({
    gateways: 2,
    apis: 2,
    workers: 1,
    env: { REDIS_URL: redis.url, REDIS_CLUSTER: "1", QUEUE_REDIS_URL: queue.url },
  });
});
afterAll(async () => {
  await cluster.stop();
  await queue.remove();
  await redis.stop();
});

interface Room {
  id: string;
  writer: TestSocket;
  reader: TestSocket;
}

/** The two of a room on different gateways. */
async function room(name: string): Promise<Room> {
  const people: TestPerson[] = [await cluster.person(`${name}a`), await cluster.person(`${name}b`)];
  const { id } = await cluster.conversation(people[0]!, people[1]!);
  return { id, writer: await cluster.socket(people[0]!, 0), reader: await cluster.socket(people[1]!, 1) };
}

/** As every client does: what the cluster could not take just now is sent again, as the same message. */
async function send({ id, writer }: Room, content: string): Promise<number> {
  const payload = { conversationId: id, clientMessageId: randomUUID(), content };
  const ack = await eventually(
    "an ack",
    () => writer.emit("send_message", payload),
    (answer) => answer.ok || !answer.error.retryable,
  );
  if (!ack.ok) throw new Error(JSON.stringify(ack.error));
  return ack.data.seq;
}

const pushedBy = (gateway: number) =>
  counted(cluster.gateways[gateway]!, "parloir_messages_delivered_total", { source: "push" });

it("rooms of every master are heard on both gateways, each message once, in order, and by push", async () => {
  const rooms: Room[] = [];
  const owners = new Set<number>();
  while (owners.size < 3 || rooms.length < 6) {
    const next = await room(`spread${rooms.length}`);
    rooms.push(next);
    owners.add((await redis.masterOf(channelOf(`conversation:${next.id}`))).port);
  }
  await Promise.all(
    rooms.map(async (each) => {
      for (const n of upTo(10)) await send(each, `${n}`);
    }),
  );
  for (const { id, reader, writer } of rooms)
    for (const socket of [reader, writer]) expect(seqsOf(await socket.messages(id, 10))).toEqual(upTo(10));
  // Heads are looked up now and then as well, but not as fast as pushes come.
  for (const gateway of [0, 1]) expect(await pushedBy(gateway)).toBeGreaterThan((rooms.length * 10) / 2);
});

it("presence, typing, limits and the bell go over it as well", async () => {
  const { id, writer, reader } = await room("extras");
  const [me] = (await writer.ready()).userId.split(" ");
  expect(await reader.ok("watch_presence", { userIds: [me!] })).toMatchObject({
    presence: { [me!]: { status: "online" } },
  });
  await writer.ok("typing", { conversationId: id, isTyping: true });
  await reader.waitFor("user_typing", ({ userId }) => userId === me);
  await send({ id, writer, reader }, "for the bell");
  await reader.waitFor("unread", ({ conversationId }) => conversationId === id);
});

it("when a master dies, nothing is lost, and its replica's rooms are pushed again", {
  timeout: 120_000,
}, async () => {
  const rooms: Room[] = [];
  for (const n of upTo(6)) rooms.push(await room(`failover${n}`));
  let over = false;
  const acked = new Map(rooms.map(({ id }) => [id, 0]));
  const writing = rooms.map(async (each) => {
    while (!over) {
      acked.set(each.id, await send(each, "during"));
      await sleep(50);
    }
  });
  await redis.failOver(channelOf(`conversation:${rooms[0]!.id}`));
  // Someone who comes in the middle of it, to rooms of the master that is gone.
  const late = await room("late");
  await send(late, "hello");
  expect(seqsOf(await late.reader.messages(late.id, 1))).toEqual([1]);
  over = true;
  await Promise.all(writing);
  for (const { id, reader, writer } of rooms) {
    const count = acked.get(id)!;
    expect(count).toBeGreaterThan(0);
    for (const socket of [reader, writer])
      expect(seqsOf(await socket.messages(id, count))).toEqual(upTo(count));
  }
  for (const each of [...rooms, late])
    await eventually(
      `a push to ${each.id}`,
      async () => {
        const before = await pushedBy(1);
        const seq = await send(each, "after");
        await each.reader.waitFor("new_message", (message) => message.seq === seq);
        return (await pushedBy(1)) - before;
      },
      (count) => count > 0,
    );
  await eventually(
    "readiness",
    () => cluster.gateways[0]!.gateway.health.report(),
    ({ status }) => status === "ready",
  );
});

it("the metrics page's history is kept there too", async () => {
  const admin = await cluster.person("admin", "admin");
  const read = (minutes: number) =>
    cluster.call<ClusterHistory>(admin, "GET", `/api/cluster/history?minutes=${minutes}&nodes=true`);
  const {
    points,
    counted: upToHere,
    nodes,
  } = await eventually(
    "a point",
    () => read(5),
    (history) => history.points.length > 0 && history.nodes!.length > 0,
  );
  expect(upToHere?.at).toBe(points.at(-1)!.at);
  for (const each of [nodes!, (await read(1_440)).nodes!])
    expect(Object.keys(each.at(-1)!.nodes)).toEqual(expect.arrayContaining(["api1", "gw1", "gw2"]));
});
