import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { eventually } from "../setup/waiting.ts";
import { type OwnPostgres, ownPostgres } from "./servers.ts";
import { seqsOf, upTo } from "./watching.ts";

const internalSecret = "development-internal-secret";

/** Postgres goes away under a running cluster here: what processes say of that is not this file's subject. */
const withoutErrors = (cluster: Cluster) => cluster.errors.splice(0);

async function scene(workers: number) {
  const postgres = await ownPostgres();
  const cluster = await startCluster({ gateways: 2, workers, database: postgres.database });
  return { postgres, cluster, ...(await pair(cluster)) };
}

async function pair(cluster: Cluster) {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  return { ana, ben, id: (await cluster.conversation(ana, ben)).id };
}

const epochNow = async (cluster: Cluster) =>
  (await cluster.sql<{ epoch: string }>("SELECT epoch FROM cluster_state"))[0]!.epoch;

/** Postgres is back for the processes as well when a send goes through; answers with its seq. */
async function sendWhenBack(cluster: Cluster, person: TestPerson, id: string): Promise<number> {
  const send = () => {
    const body = { conversationId: id, clientMessageId: crypto.randomUUID(), content: "back" };
    return cluster.rest(person, "POST", "/api/messages", body);
  };
  const answer = await eventually("a send", send, ({ status }) => status === 201);
  return (answer.body.data as { seq: number }).seq;
}

async function syncEpoch(socket: TestSocket, id: string, epoch: string) {
  return socket.ok("sync", { cursors: { [id]: 1 }, epoch });
}

describe("without a worker", () => {
  let all: Awaited<ReturnType<typeof scene>>;
  beforeAll(async () => {
    all = await scene(0);
  });
  afterAll(async () => {
    withoutErrors(all.cluster);
    await all.cluster.stop();
    await all.postgres.remove();
  });

  it("an older state is noticed by the gateways' own heads: sockets resync, old cursors are reset", async () => {
    const { cluster, postgres, ana, ben, id } = all;
    const sender = await cluster.socket(ana, 0);
    await cluster.send(sender, id, "in the copy");
    const old = (await sender.ready()).epoch;
    await postgres.backUp();
    const kept = await sendWhenBack(cluster, ana, id);
    const readers = await Promise.all([0, 1].map((gateway) => cluster.socket(ben, gateway)));
    for (const n of upTo(5)) await cluster.send(sender, id, `lost ${n}`);
    for (const reader of readers) await reader.messages(id, 5);
    await postgres.restore();

    for (const socket of [sender, ...readers])
      expect(await socket.waitFor("resync", ({ reason }) => reason === "epoch")).toEqual({ reason: "epoch" });
    const epoch = await epochNow(cluster);
    expect(epoch).not.toBe(old);
    for (const gateway of [0, 1]) {
      const socket = await cluster.socket(ben, gateway);
      expect((await socket.ready()).epoch).toBe(epoch);
      expect(await syncEpoch(socket, id, old)).toEqual({ epoch, reset: true, conversations: [] });
      expect(await syncEpoch(socket, id, epoch)).not.toHaveProperty("reset");
    }
    // One restore is one epoch, though each gateway noticed it by itself.
    for (const socket of [sender, ...readers]) expect(socket.all("resync")).toHaveLength(1);
    expect(await epochNow(cluster)).toBe(epoch);
    // The numbers that were used before go out again, as other messages.
    const { seq } = await cluster.send(sender, id, "the new history");
    expect(seq).toBeLessThanOrEqual(kept + 1);
    for (const reader of readers) {
      const message = await reader.waitFor("new_message", ({ content }) => content === "the new history");
      expect(seqsOf([message])).toEqual([seq]);
    }
  });
});

describe("what a gateway has delivered", () => {
  let cluster: Cluster;
  let id: string;
  beforeAll(async () => {
    cluster = await startCluster({ gateways: 0 });
    ({ id } = await pair(cluster));
  });
  afterAll(() => cluster.stop());

  /** A gateway's question, of one that has delivered `known` in `epoch`; answers with the epoch in force. */
  const ask = (known: number, epoch: string, conversationId = id) =>
    askApi("heads", { conversationId, known, epoch }).then((answer) => answer.epoch);

  async function askApi(route: string, item: object) {
    const response = await fetch(`${cluster.apis[0]!.privateUrl}/internal/${route}`, {
      method: "POST",
      headers: { authorization: `Bearer ${internalSecret}` },
      body: JSON.stringify({ items: [item] }),
    });
    return (await response.json()) as { epoch: string; results: { data: Record<string, unknown> }[] };
  }

  it("in the present epoch and is not in the database begins a new one, once", async () => {
    const old = await epochNow(cluster);
    expect(await ask(0, old)).toBe(old);
    const epoch = await ask(7, old);
    expect(epoch).not.toBe(old);
    expect(await ask(7, old)).toBe(epoch);
    expect(await ask(7, "")).toBe(epoch);
    expect(await epochNow(cluster)).toBe(epoch);
  });

  it("in an epoch that the restored state does not know yet begins a new one", async () => {
    const earlier = await epochNow(cluster);
    const later = await ask(7, earlier);
    await cluster.sql("UPDATE cluster_state SET epoch = $1", [earlier]);
    const epoch = await ask(7, later);
    expect(epoch > later).toBe(true);
  });

  it("of a canary stays in the database, however often it asks for its conversation", async () => {
    const { id: userId } = await cluster.person("canary-of-gw1");
    const canary = async () => (await askApi("canary", { userId })).results[0]!.data.conversationId as string;
    const conversationId = await canary();
    await cluster.sql(
      `INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, content, change, created_at)
       SELECT $1, n, uuidv7(), $2, n::text, 0, 'canary', n, now() FROM generate_series(1, 1500) n`,
      [conversationId, userId],
    );
    await cluster.sql("UPDATE conversations SET last_seq = 1500, last_change = 1500 WHERE id = $1", [
      conversationId,
    ]);
    const epoch = await epochNow(cluster);
    expect([await canary(), await canary()]).toEqual([conversationId, conversationId]);
    expect(await ask(1500, epoch, conversationId)).toBe(epoch);
    // What it said does not pile up.
    expect(
      await cluster.sql(
        "SELECT min(seq)::int, max(seq)::int, count(*)::int FROM messages WHERE conversation_id = $1",
        [conversationId],
      ),
    ).toEqual([{ min: 501, max: 1500, count: 1000 }]);
  });

  it("of the own channel of somebody who was erased proves nothing; of any other channel it does", async () => {
    const epoch = await epochNow(cluster);
    const heads = async (channel: string) =>
      (await askApi("channelHeads", { channel, known: 3, epoch })).epoch;
    expect(await heads("user:erased")).toBe(epoch);
    expect(await heads("project:42")).not.toBe(epoch);
  });
});

describe("with a worker", () => {
  let all: Awaited<ReturnType<typeof scene>>;
  beforeAll(async () => {
    all = await scene(1);
  });
  afterAll(async () => {
    withoutErrors(all.cluster);
    await all.cluster.stop();
    await all.postgres.remove();
  });

  it.each<[string, (postgres: OwnPostgres) => Promise<void>]>([
    ["a restart", (postgres) => postgres.stop()],
    ["a SIGKILL", (postgres) => postgres.kill()],
  ])("%s of Postgres is no older state: the epoch stays", async (_, end) => {
    const { cluster, postgres, ana, ben, id } = all;
    const [first, second] = [await cluster.socket(ben, 0), await cluster.socket(ben, 1)];
    const before = await first.ready();
    await cluster.send(await cluster.socket(ana, 0), id, "before");
    await end(postgres);
    await postgres.start();
    await sendWhenBack(cluster, ana, id);
    await workerHasSeen(cluster);
    expect(await epochNow(cluster)).toBe(before.epoch);
    const again = await eventually(
      "a socket",
      () => cluster.socket(ben, 1).catch(() => null),
      (socket) => socket !== null,
    );
    expect((await again!.ready()).epoch).toBe(before.epoch);
    for (const socket of [first, second]) {
      expect(await syncEpoch(socket, id, before.epoch)).not.toHaveProperty("reset");
      expect(socket.all("resync")).toEqual([]);
    }
  });

  it("an older state is noticed by what the Redis for queues remembers, also of what no gateway knows", async () => {
    const { cluster, postgres } = all;
    const { ana, ben, id } = await pair(cluster);
    const old = await epochNow(cluster);
    await postgres.backUp();
    await sendWhenBack(cluster, ana, id);
    // More than a start writes into the log by itself.
    const content = "x".repeat(4_000);
    for (const n of upTo(60)) {
      const body = { conversationId: id, clientMessageId: `lost.${n}`, content };
      expect((await cluster.rest(ana, "POST", "/api/messages", body)).status).toBe(201);
    }
    await workerHasSeen(cluster);
    await postgres.restore();
    const epoch = await eventually(
      "the epoch",
      () => epochNow(cluster).catch(() => old),
      (now) => now !== old,
    );
    const socket = await cluster.socket(ben, 1);
    expect((await socket.ready()).epoch).toBe(epoch);
    expect(await syncEpoch(socket, id, old)).toEqual({ epoch, reset: true, conversations: [] });
  });
});

/** Until the worker's note of the log's position has passed everything that was written so far. */
async function workerHasSeen(cluster: Cluster): Promise<void> {
  const { Redis } = await import("ioredis");
  const redis = new Redis(cluster.redisUrl);
  const [row] = await cluster.sql<{ position: string }>(
    "SELECT (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::text AS position",
  );
  await eventually(
    "the worker's note",
    async () => BigInt((await redis.get("parloir:wal"))?.split(" ")[1] ?? 0),
    (noted) => noted >= BigInt(row!.position),
  );
  redis.disconnect();
}
