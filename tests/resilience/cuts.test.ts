import { type Client, createClient } from "@parloir/client/core/client.ts";
import { rowsOf } from "@parloir/client/react/thread/rows.ts";
import { afterAll, expect, it } from "vitest";
import { startCluster, type TestPerson } from "../cluster/cluster.ts";
import { startTcpProxy, type TcpProxy } from "../faults/inject/tcp-proxy.ts";
import { eventually } from "../setup/waiting.ts";

/** Two people write 500 messages over networks that are cut ten times, and what each is shown at every moment. */
const sends = 500;
const cuts = 10;

const cluster = await startCluster({ gateways: 2, apis: 1, balancer: true });
const proxies: TcpProxy[] = [];
const clients: Client[] = [];
afterAll(async () => {
  for (const client of clients) client.close();
  for (const proxy of proxies) await proxy.close();
  await cluster.stop();
});

async function page(person: TestPerson, network: TcpProxy): Promise<Client> {
  const client = createClient({ url: network.url, userId: person.id, getToken: async () => person.token });
  clients.push(client);
  await eventually("the connection", client.connection.getSnapshot, ({ status }) => status === "online");
  return client;
}

/** The bubbles of a thread as it is drawn, of every state that it goes through. */
function watch(client: Client, id: string, me: string) {
  const { state } = client.thread(id);
  const doubled: string[] = [];
  const vanished: string[] = [];
  let before: string[] = [];
  const bubbles = () =>
    rowsOf({ ...state.getSnapshot(), me, readUpTo: 0, unreadAfter: null }).map(({ content }) => content);
  state.subscribe(() => {
    const present = bubbles();
    const shown = new Set(present);
    if (shown.size < present.length)
      doubled.push(...present.filter((content, index) => present.indexOf(content) !== index));
    vanished.push(...before.filter((content) => !shown.has(content)));
    before = present;
  });
  client.thread(id).load();
  return { bubbles, doubled, vanished };
}

it("no bubble is lost, doubled or out of order", { timeout: 180_000 }, async () => {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const networks = await Promise.all([0, 1].map(() => startTcpProxy(new URL(cluster.url))));
  proxies.push(...networks);
  const [one, other] = [await page(ana, networks[0]!), await page(ben, networks[1]!)];
  const seen = [watch(one, id, ana.id), watch(other, id, ben.id)];
  for (const client of [one, other])
    await eventually("the thread", client.thread(id).state.getSnapshot, ({ status }) => status === "ready");

  const written = Array.from({ length: sends }, (_, n) => `message ${n + 1}`);
  let cutConnections = 0;
  for (const [n, content] of written.entries()) {
    (n % 5 === 4 ? other : one).send({ conversationId: id, content });
    // In the middle of a burst, with acks and pushes under way.
    if (n % (sends / cuts) === 25) for (const network of networks) cutConnections += network.cut();
    // So that a burst is never all sent in one turn: some are acked, some not.
    if (n % 5 === 4) await new Promise(setImmediate);
    if (n % (sends / cuts) === 49)
      for (const client of [one, other])
        await eventually("the way back", client.connection.getSnapshot, ({ status }) => status === "online");
  }
  expect(cutConnections).toBeGreaterThanOrEqual(cuts);
  for (const client of [one, other])
    await eventually(
      "what is unsent",
      () => client.pending.getSnapshot().length,
      (left) => left === 0,
    );
  for (const { bubbles } of seen)
    await eventually(
      "the bubbles",
      () => bubbles().length,
      (shown) => shown >= sends,
    );

  const stored = await cluster.sql<{ content: string }>(
    "SELECT content FROM messages WHERE conversation_id = $1 ORDER BY seq",
    [id],
  );
  const order = stored.map(({ content }) => content);
  expect(order.toSorted()).toEqual(written.toSorted());
  for (const { bubbles, doubled, vanished } of seen) {
    expect(bubbles()).toEqual(order);
    expect(doubled).toEqual([]);
    expect(vanished).toEqual([]);
  }
  // Each one's own stand in the order in which they were written.
  const isOthers = (content: string) => Number(content.split(" ")[1]) % 5 === 0;
  expect(order.filter(isOthers)).toEqual(written.filter(isOthers));
  expect(order.filter((content) => !isOthers(content))).toEqual(
    written.filter((content) => !isOthers(content)),
  );
});
