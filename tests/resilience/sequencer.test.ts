import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { eventually } from "../setup/waiting.ts";
import { startRedisProxy } from "./redis-proxy.ts";
import { callsOf, counted, seqsOf, upTo } from "./watching.ts";

/** gw1 and gw3 hear everything; what gw2 does not hear is this file's choice. */
const folder = await temporaryFolder();
const redis = await startRedis({ dir: folder.dir });
const proxy = await startRedisProxy(redis.url);
const cluster = await startCluster({
  gateways: 3,
  env: { REDIS_URL: redis.url },
  envOf: { gw2: { REDIS_URL: proxy.url } },
});
const gw2 = cluster.gateways[1]!;
const admin = new Redis(redis.url);
afterAll(async () => {
  admin.disconnect();
  await cluster.stop();
  await proxy.close();
  await redis.stop();
  await folder.remove();
});

/** A group whose members sit on gw2, several sockets each; its creator on gw1. */
async function group(members: number, socketsEach: number) {
  const ana = await cluster.person("ana");
  const others = await Promise.all(upTo(members).map((n) => cluster.person(`m${n}`)));
  const { id } = await cluster.conversation(ana, ...others, await cluster.person("extra"));
  const sender = await cluster.socket(ana, 0);
  const each = others.flatMap((person) => upTo(socketsEach).map(() => cluster.socket(person, 1)));
  return { ana, others, id, sender, readers: await Promise.all(each) };
}

async function everyoneSaw(readers: TestSocket[], id: string, count: number): Promise<void> {
  for (const reader of readers) expect(seqsOf(await reader.messages(id, count))).toEqual(upTo(count));
}

const away = (socket: TestSocket) => {
  socket.close();
  return socket.disconnected();
};

async function sync(socket: TestSocket, id: string, cursor: number) {
  const { conversations } = await socket.ok("sync", { cursors: { [id]: cursor } });
  return conversations[0];
}

describe("a push that is lost", () => {
  it("in the middle is repaired in order, with one read for all sockets of the gateway", async () => {
    const { id, sender, readers } = await group(4, 3);
    const [reads, repaired, lost] = [
      await callsOf(gw2, "read"),
      await counted(gw2, "parloir_messages_delivered_total", { source: "repair" }),
      proxy.lost(),
    ];
    proxy.lose("the lost one");
    for (const content of ["first", "the lost one", "third", "fourth"])
      await cluster.send(sender, id, content);
    await everyoneSaw(readers, id, 4);
    expect(proxy.lost()).toBe(lost + 1);
    expect((await callsOf(gw2, "read")) - reads).toBe(1);
    const nowRepaired = await counted(gw2, "parloir_messages_delivered_total", { source: "repair" });
    expect(nowRepaired).toBeGreaterThan(repaired);
    // Neither the repair nor what was held comes twice.
    await cluster.send(sender, id, "fifth");
    await everyoneSaw(readers, id, 5);
  });

  it("on the sender's own gateway is repaired by the ack's head, before any periodic check", async () => {
    const { others, id } = await group(2, 1);
    const [writer, reader] = [await cluster.socket(others[0]!, 1), await cluster.socket(others[1]!, 1)];
    proxy.lose("lost here");
    const receipt = await cluster.send(writer, id, "lost here");
    const acked = performance.now();
    const [message] = await reader.messages(id, 1);
    expect(message!.seq).toBe(receipt.seq);
    expect(performance.now() - acked).toBeLessThan(8_000);
  });

  it("of a change is repaired with the next message, once, and an older one before it", async () => {
    const { id, sender, readers } = await group(2, 2);
    for (const content of ["first", "second"]) await cluster.send(sender, id, content);
    proxy.lose("edited away");
    await sender.ok("edit_message", { conversationId: id, seq: 1, content: "edited away" });
    await sender.ok("react", { conversationId: id, seq: 2, emoji: "👍", on: true });
    await cluster.send(sender, id, "third");
    await everyoneSaw(readers, id, 3);
    await sender.ok("react", { conversationId: id, seq: 2, emoji: "👍", on: false });
    for (const reader of readers) {
      await reader.waitFor("message_updated", ({ change }) => change === 6);
      const updates = reader.all("message_updated").map(({ seq, change }) => [seq, change]);
      expect(updates).toEqual([
        [1, 3],
        [2, 4],
        [2, 6],
      ]);
    }
  });

  it("at the very end is found by the check of heads, on a quiet connection", async () => {
    const { id, sender, readers } = await group(2, 2);
    await cluster.send(sender, id, "some words");
    await everyoneSaw(readers, id, 1);
    proxy.lose("nobody follows");
    await sender.ok("edit_message", { conversationId: id, seq: 1, content: "words that nobody follows" });
    const quiet = await group(2, 2);
    await cluster.send(quiet.sender, quiet.id, "nobody follows");
    await everyoneSaw(quiet.readers, quiet.id, 1);
    for (const reader of readers) await reader.waitFor("message_updated", ({ change }) => change === 2);
    expect(proxy.lost()).toBeGreaterThan(1);
  });

  it("with the whole subscription, again and again, leaves every device with the same list", async () => {
    const { id, sender, readers } = await group(3, 2);
    const elsewhere = await cluster.socket(await member(id), 2);
    proxy.lose("");
    for (const n of upTo(120)) {
      await cluster.send(sender, id, `${n}`);
      if (n % 30 === 15) await killSubscriptions();
    }
    await everyoneSaw([...readers, elsewhere], id, 120);
  });
});

/** One more member of the group, so that a third gateway has the room as well. */
async function member(id: string): Promise<TestPerson> {
  const person = await cluster.person("late");
  await cluster.sql("INSERT INTO members (conversation_id, user_id, joined_seq) VALUES ($1, $2, 0)", [
    id,
    person.id,
  ]);
  return person;
}

/** Those of the time before may still be on their way back: some are killed in any case. */
async function killSubscriptions(): Promise<void> {
  const kill = async () => Number(await admin.call("CLIENT", "KILL", "TYPE", "pubsub"));
  await eventually("subscriptions to kill", kill, (killed) => killed > 0);
}

describe("heartbeat", () => {
  it("carries the heads of the joined conversations, and of no other", async () => {
    const { id, sender, readers } = await group(1, 1);
    const reader = readers[0]!;
    proxy.lose("");
    for (const n of upTo(3)) await cluster.send(sender, id, `${n}`);
    await reader.messages(id, 3);
    expect(await reader.ok("heartbeat", {})).toEqual({ tips: { [id]: 3 } });
    await reader.ok("leave_conversation", { conversationId: id });
    expect(await reader.ok("heartbeat", {})).toEqual({ tips: {} });
  });
});

describe("sync right after a reconnect", () => {
  it("of twenty sockets is answered from the ring without a read, and elsewhere with few", async () => {
    const { others, id, sender, readers } = await group(5, 4);
    proxy.lose("");
    await cluster.send(sender, id, "seen");
    await everyoneSaw(readers, id, 1);
    // One stays, so that the room and its ring do.
    await Promise.all(readers.slice(1).map(away));
    for (const n of upTo(20)) await cluster.send(sender, id, `missed ${n}`);
    await readers[0]!.messages(id, 21);

    for (const { gateway, source, most } of [
      { gateway: 1, source: "ring", most: 0 },
      { gateway: 2, source: "database", most: 12 },
    ]) {
      const node = cluster.gateways[gateway]!;
      const back = await Promise.all(
        upTo(20).map((n) => cluster.socket(others[n % others.length]!, gateway)),
      );
      const reads = await callsOf(node, "read");
      const answered = await counted(node, "parloir_sync_total", { source });
      const items = await Promise.all(back.map((socket) => sync(socket, id, 1)));
      for (const item of items) {
        expect(seqsOf(item!.messages)).toEqual(upTo(21).slice(1));
        expect(item).toMatchObject({ complete: true, lastSeq: 21 });
      }
      expect((await counted(node, "parloir_sync_total", { source })) - answered).toBe(20);
      expect((await callsOf(node, "read")) - reads).toBeLessThanOrEqual(most);
    }
  });

  it("does not bring back from the ring what a person deleted for themselves", async () => {
    const { others, id, sender, readers } = await group(2, 1);
    const [ben, cleo] = [others[0]!, others[1]!];
    proxy.lose("");
    for (const n of upTo(3)) await cluster.send(sender, id, `deleted ${n}`);
    await everyoneSaw(readers, id, 3);
    await cluster.call(ben, "DELETE", `/api/messages/conversations/${id}`);
    await readers[0]!.waitFor("conversation_removed");
    await cluster.send(sender, id, "after");
    await readers[0]!.messages(id, 4);
    const contents = async (person: TestPerson, socket?: TestSocket) => {
      const item = await sync(socket ?? (await cluster.socket(person, 1)), id, 0);
      return item!.messages.map((message) => message.content);
    };
    // The socket that was there, a new one, and for comparison somebody who deleted nothing.
    expect(await contents(ben, readers[0])).toEqual(["after"]);
    expect(await contents(ben)).toEqual(["after"]);
    expect(await contents(cleo)).toEqual(["deleted 1", "deleted 2", "deleted 3", "after"]);
  });
});
