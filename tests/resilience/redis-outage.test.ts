import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { eventually } from "../setup/waiting.ts";
import { type OwnServer, ownRedis } from "./servers.ts";
import { arrivals, counted, seqsOf, sleep, upTo } from "./watching.ts";

/**
 * The Redis for rooms goes away for `outageMs` while messages are sent. An unhandled rejection anywhere in these
 * processes fails the run by itself: they are all in this one.
 */
const everybody = ["api1", "gw1", "gw2", "gw3"];
const outageMs = 8_000;
const betweenSendsMs = 100;
/** A poll a second and its way. The machine is shared; the check of a healthy gateway would come after 10 s. */
const latestMs = 9_000;
/** What waits for Redis at all, waits a second for a subscription. A client gives up after 10 s. */
const answerWithinMs = 9_000;

describe.each<[string, (redis: OwnServer) => unknown, (redis: OwnServer) => unknown]>([
  ["stopped", (redis) => redis.stop(), (redis) => redis.start()],
  ["frozen", (redis) => redis.freeze(), (redis) => redis.thaw()],
])("while the Redis for rooms is %s", (_, takeAway, bringBack) => {
  let redis: OwnServer;
  let cluster: Cluster;
  let people: TestPerson[];
  let id: string;
  let sender: TestSocket;
  /** An administrator before the metrics page. */
  let watcher: TestSocket;
  const readers: TestSocket[] = [];
  const acked: { content: string; at: number }[] = [];
  const seen: Map<string, number>[] = [];
  let sending: Promise<void>;
  let outage = true;

  beforeAll(async () => {
    redis = await ownRedis();
    cluster = await startCluster({ gateways: 3, env: { REDIS_URL: redis.url } });
    people = await Promise.all(upTo(4).map((n) => cluster.person(`p${n}`)));
    ({ id } = await cluster.conversation(people[0]!, ...people.slice(1)));
    sender = await cluster.socket(people[0]!, 0);
    for (const gateway of [0, 1, 2]) readers.push(await cluster.socket(people[1]!, gateway));
    await cluster.send(sender, id, "before");
    for (const reader of readers) await reader.messages(id, 1);
    for (const reader of readers) seen.push(arrivals(reader));
    watcher = await cluster.socket(await cluster.person("admin", "admin"), 2);
    await watcher.ok("watch_cluster", { on: true });
    await watcher.waitFor("cluster", ({ nodes }) => nodes.length === everybody.length);
    await takeAway(redis);
    sending = sendUntilItIsOver();
  });
  afterAll(async () => {
    // A test that failed may have left it frozen.
    redis.thaw();
    await cluster.stop();
    await redis.remove();
  });

  async function sendUntilItIsOver(): Promise<void> {
    const end = performance.now() + outageMs;
    for (let n = 1; outage || performance.now() < end; n++) {
      const content = `during ${n}`;
      await cluster.send(sender, id, content);
      acked.push({ content, at: performance.now() });
      await sleep(betweenSendsMs);
    }
  }

  /** A socket that comes now gets `ready`, and from then on every message. */
  async function comesAndHears(person: TestPerson, gateway: number): Promise<TestSocket> {
    const socket = await cluster.socket(person, gateway);
    const [first] = await socket.messages(id, 1);
    const head = (await socket.ready()).conversations.find((each) => each.id === id)!.lastSeq;
    // What a neighbour on this gateway still waited for may come to the newcomer as well; a hole may not be.
    expect(first!.seq).toBeLessThanOrEqual(head + 1);
    return socket;
  }

  const degraded = (gateway: number) => cluster.gateways[gateway]!.gateway.health.report();

  it("readiness says degraded, and commands that have nothing to do with it are answered", async () => {
    await eventually(
      "readiness",
      () => degraded(1),
      ({ status }) => status === "degraded",
    );
    const socket = await cluster.socket(people[2]!, 1);
    const conversationId = id;
    for (const [command, payload] of [
      ["typing", { conversationId, isTyping: true }],
      ["watch_presence", { userIds: [people[0]!.id] }],
      ["leave_conversation", { conversationId }],
      ["join_conversation", { conversationId, after: 0 }],
      ["mark_read", { conversationId, seq: 1 }],
      ["heartbeat", {}],
    ] as const) {
      const asked = performance.now();
      await socket.ok(command, payload);
      expect(performance.now() - asked, command).toBeLessThan(answerWithinMs);
    }
  });

  it("an administrator is told so by their gateway, and how the others were last", async () => {
    const view = await watcher.waitFor("cluster", ({ alone }) => alone !== undefined);
    expect(view.alone).toBe("gw3");
    expect(view.nodes.map(({ name }) => name).toSorted()).toEqual(everybody);
    const later = await watcher.waitFor("cluster", ({ alone, nodes }) => {
      const own = nodes.find(({ name }) => name === alone);
      return own?.checks.redis === "degraded" && own.roundTrips!.redis === null;
    });
    const [own, other] = ["gw3", "gw1"].map((wanted) => later.nodes.find(({ name }) => name === wanted)!);
    expect(Date.parse(own!.at)).toBeGreaterThan(Date.parse(other!.at));
  });

  it("new connections work, also to a gateway that was started meanwhile", async () => {
    readers.push(await comesAndHears(people[2]!, 2));
    await cluster.addGateway();
    readers.push(await comesAndHears(people[3]!, 3));
  });

  it("a change of an older message comes to everybody too", async () => {
    const first = { conversationId: id, seq: 1 };
    await sender.ok("react", { ...first, emoji: "👍", on: true });
    await sender.ok("edit_message", { ...first, content: "before, edited" });
    for (const reader of readers) {
      const update = await reader.waitFor("message_updated", ({ content }) => content === "before, edited");
      expect(update).toMatchObject({ seq: 1, reactions: [{ emoji: "👍", userIds: [people[0]!.id] }] });
    }
  });

  it("every send is acked, and everybody sees each message in order, at most a few seconds later", async () => {
    outage = false;
    await sending;
    for (const [index, reader] of readers.entries()) {
      const seqs = seqsOf(await received(reader));
      expect(seqs).toEqual(upTo(acked.length + 1).slice(-seqs.length));
      const times = seen[index];
      if (!times) continue;
      const delays = acked.map(({ content, at }) => times.get(content)! - at);
      expect(Math.max(...delays)).toBeLessThan(latestMs);
    }
  });

  /** What came to this socket up to the last message sent. */
  async function received(reader: TestSocket) {
    await reader.waitFor("new_message", ({ content }) => content === acked.at(-1)!.content);
    return reader.messagesSoFar(id);
  }

  it("and when it is back, pushes work again on every gateway, and nothing is missing or doubled", async () => {
    await bringBack(redis);
    for (const gateway of cluster.gateways) {
      const pushed = () => counted(gateway, "parloir_messages_delivered_total", { source: "push" });
      const before = await pushed();
      await eventually(
        `pushes on ${gateway.name}`,
        async () => {
          const content = `after ${acked.length}`;
          await cluster.send(sender, id, content);
          acked.push({ content, at: performance.now() });
          return pushed();
        },
        (now) => now > before,
      );
    }
    await eventually(
      "readiness",
      () => degraded(1),
      ({ status }) => status === "ready",
    );
    const told = watcher.all("cluster").length;
    await eventually(
      "a view of everybody",
      () => watcher.all("cluster").slice(told).at(-1)?.alone,
      (alone) => watcher.all("cluster").length > told && alone === undefined,
    );
    for (const reader of readers) {
      const seqs = seqsOf(await received(reader));
      expect(seqs).toEqual(upTo(acked.length + 1).slice(-seqs.length));
    }
    const gone = await sender.ok("delete_message", { conversationId: id, seq: 1 });
    for (const reader of readers) {
      expect(await reader.waitFor("message_updated", ({ deletedAt }) => deletedAt !== null)).toEqual(gone);
      const changes = reader.all("message_updated").map(({ change }) => change);
      expect(changes).toEqual([...new Set(changes)].toSorted((a, b) => a - b));
    }
    const rows = await cluster.sql<{ content: string }>(
      "SELECT content FROM messages WHERE conversation_id = $1 ORDER BY seq",
      [id],
    );
    expect(rows.map(({ content }) => content)).toEqual(["", ...acked.map(({ content }) => content)]);
  });
});
