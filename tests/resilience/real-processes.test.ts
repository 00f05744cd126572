import { createClient } from "@parloir/client/core/client.ts";
import type { Ready } from "@parloir/contracts/events.ts";
import { signal } from "@parloir/local/proc.ts";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { TestSocket } from "../cluster/socket.ts";
import { launchCluster, type TestCluster } from "../faults/cluster/launch.ts";
import { eventually } from "../setup/waiting.ts";
import { makeGroup, makePeople, replace, scraped, served } from "./host.ts";
import { Returning } from "./returning.ts";
import { upTo } from "./watching.ts";
import { officialWriter, plainWriter } from "./writers.ts";

/** What only processes can show that really end: the cluster as `npm start` runs it. */
let cluster: TestCluster;
let database: pg.Pool;
beforeAll(async () => {
  cluster = await launchCluster(
    { gateways: 2, apis: 2, workers: 2 },
    // Admission as in production.
    { DRAIN_MS: "4000", LIMIT_CONNECTS_PER_SECOND: "500", LIMIT_EVENT_LOOP_LAG_MS: "200" },
  );
  database = new pg.Pool({ connectionString: cluster.find("postgres").url!, max: 2 });
  database.on("error", () => undefined);
});
afterAll(async () => {
  await database.end();
  await cluster.stop();
});

async function storedIn(conversationId: string): Promise<string[]> {
  const { rows } = await database.query<{ content: string }>(
    "SELECT content FROM messages WHERE conversation_id = $1 ORDER BY seq",
    [conversationId],
  );
  return rows.map(({ content }) => content);
}

/** A gateway with more comers than it can take refuses some (admission): they come again, as every client does. */
async function letIn(url: string, token: string): Promise<{ socket: TestSocket; ready: Ready }> {
  const come = async () => {
    const socket = new TestSocket(url, token);
    try {
      return { socket, ready: await socket.ready() };
    } catch {
      socket.close();
      return null;
    }
  };
  return (await eventually("a socket that is let in", come, (answer) => answer !== null))!;
}

describe("a deploy", () => {
  it("of every process, one after the other, fails no send and loses no message", {
    timeout: 120_000,
  }, async () => {
    const people = await makePeople(cluster, "writer", 20);
    const conversationId = await makeGroup(cluster, people);
    const options = people.map(({ id, token }) => {
      return { url: cluster.url, userId: id, token, conversationId, pauseMs: 380 };
    });
    const official = options.slice(0, 10).map(officialWriter);
    const plain = options.slice(10).map(plainWriter);
    const writers = [...official, ...plain];
    const reader = createClient({ url: cluster.url, getToken: async () => people[0]!.token });
    const thread = reader.thread(conversationId);
    thread.load();
    onTestFinished(() => {
      for (const each of [...writers, reader]) each.close();
    });
    await Promise.all(writers.map((writer) => writer.connected));

    let over = false;
    const writing = writers.map((writer) => writer.write(() => over));
    for (const name of ["gw1", "api1", "worker1", "gw2", "api2", "worker2"])
      await replace(cluster, name, "SIGTERM");
    over = true;
    await Promise.all(writing);

    const failed = official.flatMap((writer) => writer.failed);
    expect(failed).toEqual([]);
    // A send that crosses the close on the wire is the price of a client that does not repeat: at most one each.
    for (const writer of plain) expect(writer.failed.length).toBeLessThanOrEqual(1);
    const acked = writers.flatMap((writer) => writer.acked);
    expect(acked.length).toBeGreaterThan(200);
    const stored = await storedIn(conversationId);
    expect(new Set(stored).size).toBe(stored.length);
    expect(acked.filter((content) => !stored.includes(content))).toEqual([]);
    const shown = () => thread.state.getSnapshot().messages.map(({ content }) => content);
    await eventually(
      "what a reader shows",
      () => shown().length,
      (count) => count === stored.length,
    );
    expect(shown()).toEqual(stored);
    for (const role of ["gateway", "api", "worker"])
      expect(await scraped(cluster, role, "parloir_unhandled_rejections_total")).toBe(0);
  });
});

describe("a gateway that is killed", () => {
  /** `npm run storm` has more of them, a clock, and a count of what Postgres is asked. */
  const sockets = 1_000;

  it("has all its sockets back elsewhere within 30 s, with few questions to the database", async () => {
    const people = await makePeople(cluster, "stormy", 100);
    await eventually(
      "nobody",
      () => scraped(cluster, "gateway", "parloir_sockets"),
      (count) => count === 0,
    );
    const groups = await Promise.all(
      upTo(10).map((n) => makeGroup(cluster, people.slice(10 * n - 10, 10 * n))),
    );
    const fleet = upTo(sockets).map(
      (n) => new Returning(cluster.url, people[n % 100]!, groups[Math.floor((n % 100) / 10)]!),
    );
    onTestFinished(() => {
      for (const each of fleet) each.leave();
    });
    await Promise.all(fleet.map((each) => each.come()));
    const victim = cluster.find("gw1");
    const onVictim = await scraped(cluster, "gw1", "parloir_sockets");
    expect(onVictim).toBeGreaterThan(sockets / 4);
    // Somebody who was on that gateway only, and who does not come back.
    const [watcher, watched] = await presencePair(victim.url!);
    const calls = (name: string) => scraped(cluster, name, "parloir_api_call_seconds_count");
    const before = await calls("gw2");
    signal(victim.pid!, "SIGKILL");
    await eventually(
      "sockets that came back",
      () => fleet.filter((each) => each.isBack && each.returns > 0).length,
      (count) => count === onVictim,
    );
    expect(fleet.filter((each) => each.isOpen)).toHaveLength(sockets);

    // The new gw1 began to count at 0. Each socket by itself would need two: its session and its sync (measured: 0.5).
    await served(cluster, "gw1", victim.pid!);
    expect((await calls("gw2")) - before + (await calls("gw1"))).toBeLessThan(onVictim);

    const gone = await watcher.waitFor(
      "presence",
      ({ userId, status }) => userId === watched && status === "offline",
    );
    expect(Date.parse(gone.lastSeenAt!)).toBeGreaterThan(0);
    watcher.close();
  });

  /** A watcher on gw2, and the id of somebody whose only socket is on the gateway that will die. */
  async function presencePair(victimUrl: string): Promise<[TestSocket, string]> {
    const [ana, ben] = await makePeople(cluster, "presence", 2);
    await makeGroup(cluster, [ana!, ben!]);
    const { socket: watcher } = await letIn(cluster.find("gw2").url!, ana!.token);
    await watcher.ok("watch_presence", { userIds: [ben!.id] });
    await letIn(victimUrl, ben!.token);
    await watcher.waitFor("presence", ({ status }) => status === "online");
    return [watcher, ben!.id];
  }
});

describe("a SIGKILL of every process at once", () => {
  it("loses no acked message and keeps the epoch", async () => {
    const [ana, ben] = await makePeople(cluster, "survivor", 2);
    const id = await makeGroup(cluster, [ana!, ben!]);
    const { socket: before, ready } = await letIn(cluster.url, ana!.token);
    for (const n of upTo(20))
      await before.ok("send_message", { conversationId: id, clientMessageId: `${n}`, content: `${n}` });
    const processes = cluster.processes();
    for (const { pid } of processes) signal(pid!, "SIGKILL");
    for (const { name, pid } of processes) await served(cluster, name, pid!);
    const { ready: after } = await letIn(cluster.url, ben!.token);
    expect(after.epoch).toBe(ready.epoch);
    expect(after.conversations.find((each) => each.id === id)!.lastSeq).toBe(20);
    expect(await storedIn(id)).toEqual(upTo(20).map(String));
  });
});
