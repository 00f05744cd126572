import "fake-indexeddb/auto";
import { type Client, createClient } from "@parloir/client/core/client.ts";
import { createIndexedDbStore } from "@parloir/client/core/indexeddb.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, type TestPerson } from "../cluster/cluster.ts";
import { eventually } from "../setup/waiting.ts";
import { type OwnPostgres, ownPostgres } from "./servers.ts";
import { seqsOf, upTo } from "./watching.ts";

let postgres: OwnPostgres;
let cluster: Cluster;
const open: Client[] = [];
beforeAll(async () => {
  postgres = await ownPostgres();
  cluster = await startCluster({ gateways: 2, database: postgres.database });
});
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});
afterAll(async () => {
  cluster.errors.splice(0);
  // A test that failed may have left it frozen.
  postgres.thaw();
  await cluster.stop();
  await postgres.remove();
});

/** A page of this person's; the same `storeName` is the same browser. */
function page(person: TestPerson, storeName: string, gateway = 0): Client {
  const sockets = cluster.gateways[gateway]!.url;
  const client = createClient({
    url: sockets,
    userId: person.id,
    getToken: async () => person.token,
    store: createIndexedDbStore(storeName),
    // Without a balancer: sockets at a gateway, REST at an api.
    fetch: (input, init) => fetch(String(input).replace(sockets, cluster.apis[0]!.url), init),
    ackTimeoutMs: 6_000,
  });
  open.push(client);
  return client;
}

const online = (client: Client) =>
  eventually("the connection", client.connection.getSnapshot, ({ status }) => status === "online");

const pendingOf = (client: Client) =>
  client.pending
    .getSnapshot()
    .map(({ clientMessageId, content, state }) => [clientMessageId, content, state]);

async function pair(): Promise<{ ana: TestPerson; ben: TestPerson; id: string }> {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  return { ana, ben, id: (await cluster.conversation(ana, ben)).id };
}

const stored = (id: string) =>
  cluster.sql<{ client_message_id: string; content: string }>(
    "SELECT client_message_id, content FROM messages WHERE conversation_id = $1 ORDER BY seq",
    [id],
  );

const texts = upTo(5).map((n) => `text ${n}`);

describe("a client while Postgres is frozen", () => {
  it("keeps messages as `sending` and sends them afterwards, in order and once", async () => {
    const { ana, ben, id } = await pair();
    const reader = await cluster.socket(ben, 1);
    const client = page(ana, "stays");
    await online(client);
    client.thread(id).load();
    postgres.freeze();
    for (const content of texts) client.send({ conversationId: id, content });
    const written = pendingOf(client);
    expect(written.map(([, content, state]) => [content, state])).toEqual(texts.map((t) => [t, "sending"]));
    // Until the first has been refused at least once.
    await eventually(
      "a refused send",
      async () => {
        const { values } = await cluster.gateways[0]!.metrics.get("parloir_commands_total").get();
        return values.filter(({ labels }) => labels.event === "send_message" && labels.outcome !== "ok")
          .length;
      },
      (refusals) => refusals > 0,
    );
    expect(pendingOf(client)).toEqual(written);
    postgres.thaw();
    await eventually(
      "what is unsent",
      () => pendingOf(client),
      (left) => left.length === 0,
    );
    const rows = await stored(id);
    expect(rows.map((row) => [row.client_message_id, row.content, "sending"])).toEqual(written);
    expect(seqsOf(await reader.messages(id, 5))).toEqual(upTo(5));
    const shown = () =>
      client
        .thread(id)
        .state.getSnapshot()
        .messages.map(({ content }) => content);
    await eventually("the thread", shown, (contents) => contents.length === 5);
    expect(shown()).toEqual(texts);
  });

  it("loses nothing by a reload: the next page sends them under the same ids", async () => {
    const { ana, id } = await pair();
    const before = page(ana, "reloads");
    await online(before);
    postgres.freeze();
    for (const content of texts) before.send({ conversationId: id, content });
    const written = pendingOf(before);
    const kept = createIndexedDbStore("reloads");
    await eventually(
      "the store",
      () => kept.load(ana.id),
      (sends) => sends.length === texts.length,
    );
    kept.close();
    before.close();

    const after = page(ana, "reloads", 1);
    await eventually(
      "what was left",
      () => pendingOf(after),
      (left) => left.length === texts.length,
    );
    expect(pendingOf(after)).toEqual(written);
    postgres.thaw();
    await eventually(
      "what is unsent",
      () => pendingOf(after),
      (left) => left.length === 0,
    );
    const rows = await stored(id);
    expect(rows.map((row) => [row.client_message_id, row.content, "sending"])).toEqual(written);
  });
});
