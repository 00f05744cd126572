import { randomUUID } from "node:crypto";
import type { SyncItem } from "@parloir/contracts/events.ts";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 3, apis: 2 });
afterAll(() => cluster.stop());

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const seqsOf = (item: SyncItem | undefined) => item?.messages.map((message) => message.seq);

async function pairWith(messages: number) {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const sender = await cluster.socket(ana, 0);
  await sendMany(sender, id, messages);
  return { ana, ben, id, sender };
}

async function sendMany(sender: TestSocket, id: string, count: number): Promise<void> {
  await Promise.all(range(1, count).map((n) => cluster.send(sender, id, `message ${n}`)));
}

async function syncOne(socket: TestSocket, id: string, cursor: unknown): Promise<SyncItem | undefined> {
  const { conversations } = await socket.ok("sync", { cursors: { [id]: cursor } });
  expect(conversations.length).toBeLessThanOrEqual(1);
  return conversations[0];
}

/** How many conversations this gateway's `sync` has answered from where, so far. */
async function answeredFrom(gateway: number, source: "ring" | "database"): Promise<number> {
  const { values } = await cluster.gateways[gateway]!.metrics.get("parloir_sync_total").get();
  return values.find(({ labels }) => labels.source === source)?.value ?? 0;
}

describe("sync after an absence", () => {
  it.each([0, 1, 7, 19, 20])(
    "from %i of 20 answers exactly what is missing, as the history has it",
    async (cursor) => {
      const { ben, id } = await pairWith(20);
      const item = await syncOne(await cluster.socket(ben, 1), id, cursor);
      expect(item).toMatchObject({ conversationId: id, lastSeq: 20, complete: true });
      expect(seqsOf(item)).toEqual(range(cursor + 1, 20));
      const page = await cluster.call<{ messages: unknown[] }>(
        ben,
        "GET",
        `/api/messages?conversationId=${id}&after=${cursor}`,
      );
      expect(item?.messages).toEqual(page.messages);
      expect(item).not.toHaveProperty("reset");
    },
  );

  it("says the same from the ring of a gateway that was there, and from the database where none was", async () => {
    const { ana, ben, id, sender } = await pairWith(5);
    const away = await cluster.socket(ben, 0);
    away.close();
    await away.disconnected();
    await sendMany(sender, id, 10);
    const [ring, database] = [await answeredFrom(0, "ring"), await answeredFrom(1, "database")];
    const fromRing = await syncOne(await cluster.socket(ben, 0), id, 5);
    const fromDatabase = await syncOne(await cluster.socket(ben, 1), id, 5);
    expect(await answeredFrom(0, "ring")).toBe(ring + 1);
    expect(await answeredFrom(1, "database")).toBe(database + 1);
    expect(fromRing).toEqual(fromDatabase);
    expect(seqsOf(fromRing)).toEqual(range(6, 15));
    expect(ana.id).not.toBe(ben.id);
  });

  it("takes a cursor of seq and change as well", async () => {
    const { ben, id } = await pairWith(3);
    const item = await syncOne(await cluster.socket(ben, 1), id, { seq: 1, change: 1 });
    expect(seqsOf(item)).toEqual([2, 3]);
  });

  it("answers many conversations at once, each from its own cursor, and leaves out the unknown", async () => {
    const ben = await cluster.person("ben");
    const pairs = await Promise.all(
      range(1, 12).map(async (n) => {
        const other = await cluster.person(`other${n}`);
        const { id } = await cluster.conversation(other, ben);
        await sendMany(await cluster.socket(other, n % 3), id, n);
        return { id, n };
      }),
    );
    const cursors = Object.fromEntries(pairs.map(({ id, n }) => [id, Math.floor(n / 2)]));
    const socket = await cluster.socket(ben, 1);
    const answer = await socket.ok("sync", { cursors: { ...cursors, [randomUUID()]: 3 } });
    expect(answer.conversations.map((item) => item.conversationId)).toEqual(pairs.map(({ id }) => id));
    for (const [index, item] of answer.conversations.entries()) {
      const { n } = pairs[index]!;
      expect(seqsOf(item)).toEqual(range(Math.floor(n / 2) + 1, n));
      expect(item.complete).toBe(true);
    }
  });

  it("of more than a page goes on from the last message until it is complete", async () => {
    const { ben, id } = await pairWith(450);
    const socket = await cluster.socket(ben, 2);
    let cursor = 0;
    const pages: SyncItem[] = [];
    do {
      const item = (await syncOne(socket, id, cursor))!;
      expect(seqsOf(item)).toEqual(range(cursor + 1, cursor + item.messages.length));
      pages.push(item);
      cursor = item.messages.at(-1)!.seq;
    } while (!pages.at(-1)!.complete);
    expect(pages.map((page) => page.messages.length)).toEqual([200, 200, 50]);
    expect(pages.map((page) => page.complete)).toEqual([false, false, true]);
    expect(cursor).toBe(450);
  });

  it("of exactly a page is complete at once", async () => {
    const { ben, id } = await pairWith(200);
    const item = await syncOne(await cluster.socket(ben, 2), id, 0);
    expect([item?.messages.length, item?.complete]).toEqual([200, true]);
  });

  it.each([21, 1_000_000, Number.MAX_SAFE_INTEGER])(
    "beyond the head (%i of 20) says reset",
    async (cursor) => {
      const { ben, id } = await pairWith(20);
      const socket = await cluster.socket(ben, 0);
      expect(await syncOne(socket, id, cursor)).toMatchObject({
        messages: [],
        lastSeq: 20,
        reset: true,
        complete: false,
      });
    },
  );

  it("with another epoch says reset and nothing else; with the one of `ready` it answers", async () => {
    const { ben, id } = await pairWith(2);
    const socket = await cluster.socket(ben, 1);
    const { epoch } = await socket.ready();
    expect(await socket.ok("sync", { cursors: { [id]: 0 }, epoch: "another" })).toEqual({
      epoch,
      reset: true,
      conversations: [],
    });
    const answer = await socket.ok("sync", { cursors: { [id]: 0 }, epoch });
    expect([answer.reset, seqsOf(answer.conversations[0])]).toEqual([undefined, [1, 2]]);
  });

  it("names the same epoch on every gateway", async () => {
    const { ben } = await pairWith(1);
    const epochs = await Promise.all(
      [0, 1, 2].map(async (gateway) => (await (await cluster.socket(ben, gateway)).ready()).epoch),
    );
    expect(new Set(epochs).size).toBe(1);
    expect(epochs[0]).not.toBe("");
  });
});

describe("join_conversation", () => {
  it("answers what follows `after`, or the newest page", async () => {
    const { ben, id } = await pairWith(60);
    const socket = await cluster.socket(ben, 1);
    const join = (payload: object) => socket.ok("join_conversation", { conversationId: id, ...payload });
    const newest = await join({});
    expect([newest.lastSeq, newest.messages.map((message) => message.seq)]).toEqual([60, range(11, 60)]);
    const after = await join({ after: 55 });
    expect([after.complete, after.messages.map((message) => message.seq)]).toEqual([true, range(56, 60)]);
    expect(await join({ after: 60 })).toEqual({
      lastSeq: 60,
      lastChange: 60,
      messages: [],
      complete: true,
    });
  });

  it("brings events back that leave_conversation stopped", async () => {
    const { ben, id, sender } = await pairWith(1);
    const socket = await cluster.socket(ben, 1);
    await socket.ok("leave_conversation", { conversationId: id });
    await cluster.send(sender, id, "unheard");
    const joined = await socket.ok("join_conversation", { conversationId: id, after: 1 });
    expect(joined.messages.map((message) => message.content)).toEqual(["unheard"]);
    await cluster.send(sender, id, "heard");
    const [first] = await socket.messages(id, 1);
    expect(first).toMatchObject({ seq: 3, content: "heard" });
  });
});

describe("typing", () => {
  it("reaches the others in the conversation, on any gateway, and none of one's own devices", async () => {
    const { ana, ben, id, sender } = await pairWith(1);
    const [readers, own] = [
      await Promise.all([0, 1, 2].map((gateway) => cluster.socket(ben, gateway))),
      await cluster.socket(ana, 1),
    ];
    await sender.ok("typing", { conversationId: id, isTyping: true });
    for (const reader of readers) {
      await reader.waitFor("user_typing", (typing) => typing.isTyping);
      expect(reader.all("user_typing")).toEqual([{ conversationId: id, userId: ana.id, isTyping: true }]);
    }
    await cluster.send(sender, id, "done");
    await own.messages(id, 1);
    expect([...own.all("user_typing"), ...sender.all("user_typing")]).toEqual([]);
  });
});
