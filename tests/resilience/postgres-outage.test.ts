import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { eventually } from "../setup/waiting.ts";
import { type OwnPostgres, ownPostgres } from "./servers.ts";
import { seqsOf, upTo } from "./watching.ts";

/** The promise is 5 s; the rest is for a shared machine. */
const failsWithinMs = 7_000;
/** The promise is 10 s. */
const backWithinMs = 20_000;
/** Whoever does not wait for Postgres; the others wait for their whole budget of 4.2 s. */
const atOnceMs = 3_000;

describe.each<[string, (postgres: OwnPostgres) => unknown, (postgres: OwnPostgres) => unknown]>([
  ["frozen", (postgres) => postgres.freeze(), (postgres) => postgres.thaw()],
  ["gone", (postgres) => postgres.stop(), (postgres) => postgres.start()],
])("while Postgres is %s", (_, takeAway, bringBack) => {
  let postgres: OwnPostgres;
  let cluster: Cluster;
  let ana: TestPerson;
  let id: string;
  let sender: TestSocket;
  let reader: TestSocket;
  const first = upTo(20).map(() => randomUUID());

  beforeAll(async () => {
    postgres = await ownPostgres();
    cluster = await startCluster({ gateways: 2, workers: 1, database: postgres.database });
    ana = await cluster.person("ana");
    const ben = await cluster.person("ben");
    ({ id } = await cluster.conversation(ana, ben));
    [sender, reader] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
    await cluster.send(sender, id, "before");
    await reader.messages(id, 1);
    await takeAway(postgres);
  });
  afterAll(async () => {
    // That commits failed was the point.
    cluster.errors.splice(0);
    // A test that failed may have left it frozen.
    postgres.thaw();
    await cluster.stop();
    await postgres.remove();
  });

  /** The error of a send and how long it took. */
  async function failedSend(clientMessageId: string) {
    const asked = performance.now();
    const payload = { conversationId: id, clientMessageId, content: "meanwhile" };
    const error = await sender.refused("send_message", payload);
    return { error, ms: performance.now() - asked };
  }

  it("sends fail as retryable within 5 s", async () => {
    for (const { error, ms } of await Promise.all(first.map(failedSend))) {
      expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
      expect(ms).toBeLessThan(failsWithinMs);
    }
  });

  it("and then at once, but for the few that ask whether it is back", async () => {
    const failed = await Promise.all(upTo(40).map(() => failedSend(randomUUID())));
    expect(failed.map(({ error }) => error.code)).toEqual(failed.map(() => "UNAVAILABLE"));
    expect(failed.filter(({ ms }) => ms > atOnceMs).length).toBeLessThanOrEqual(4);
  });

  it("reads say UNAVAILABLE on sockets and over REST, and sockets stay", async () => {
    const [join, mark, page] = await Promise.all([
      sender.refused("join_conversation", { conversationId: id, after: 0 }),
      sender.refused("mark_read", { conversationId: id, seq: 1 }),
      cluster.rest(ana, "GET", `/api/messages?conversationId=${id}`),
    ]);
    for (const error of [join, mark]) expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(page.status).toBe(503);
    expect(page.body).toMatchObject({
      success: false,
      error: { code: "UNAVAILABLE", requestId: expect.any(String) },
    });
    await reader.ok("heartbeat", {});
    for (const socket of [sender, reader]) expect(socket.all("disconnect" as never)).toEqual([]);
  });

  it("it comes back by itself: sends go through, what was repeated is stored once, nothing leaks", async () => {
    await bringBack(postgres);
    const back = performance.now();
    const send = () =>
      sender.emit("send_message", { conversationId: id, clientMessageId: first[0]!, content: "meanwhile" });
    await eventually("a send", send, ({ ok }) => ok);
    expect(performance.now() - back).toBeLessThan(backWithinMs);

    for (const clientMessageId of first) await cluster.send(sender, id, "meanwhile", clientMessageId);
    const rows = await cluster.sql<{ client_message_id: string; seq: string }>(
      "SELECT client_message_id, seq FROM messages WHERE conversation_id = $1 ORDER BY seq",
      [id],
    );
    expect(rows.map(({ seq }) => Number(seq))).toEqual(upTo(rows.length));
    const stored = rows.map((row) => row.client_message_id);
    for (const each of first) expect(stored.filter((one) => one === each)).toHaveLength(1);
    expect(seqsOf(await reader.messages(id, rows.length))).toEqual(upTo(rows.length));

    const { database } = cluster.apis[0]!;
    await eventually("callers in the pool", database.pool, ({ waiting }) => waiting === 0);
    const poolSize = 6;
    const connected = async () =>
      (await postgres.database.leftConnections()).filter((name) => name === "api1").length;
    await eventually("connections of the api", connected, (count) => count <= poolSize);
  });
});
