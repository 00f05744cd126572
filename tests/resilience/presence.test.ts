import type { Presence } from "@parloir/contracts/shapes.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { eventually } from "../setup/waiting.ts";
import { startRedisProxy } from "./redis-proxy.ts";

/** gw4 can be cut off from Redis: a crash, as the others see it. */
const folder = await temporaryFolder();
const redis = await startRedis({ dir: folder.dir });
const proxy = await startRedisProxy(redis.url);
const cluster = await startCluster({
  gateways: 4,
  env: { REDIS_URL: redis.url },
  envOf: { gw4: { REDIS_URL: proxy.url } },
});
const store = new Redis(redis.url);
afterAll(async () => {
  store.disconnect();
  await cluster.stop();
  await proxy.close();
  await redis.stop();
  await folder.remove();
});

/** Somebody who watches, on gw3, and somebody whom they share a conversation with. */
async function watched() {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  await cluster.conversation(ana, ben);
  const watcher = await cluster.socket(ana, 2);
  return { ben, watcher, first: await watch(watcher, ben) };
}

const watch = async (watcher: TestSocket, ...people: { id: string }[]) =>
  (await watcher.ok("watch_presence", { userIds: people.map(({ id }) => id) })).presence;

const heard = (watcher: TestSocket, { id }: TestPerson) =>
  watcher.all("presence").filter(({ userId }) => userId === id);

const statuses = (watcher: TestSocket, person: TestPerson) =>
  heard(watcher, person).map(({ status }) => status);

const becomes = (watcher: TestSocket, { id }: TestPerson, wanted: Presence["status"]) =>
  watcher.waitFor("presence", ({ userId, status }) => userId === id && status === wanted);

/** On how many gateways the cluster believes this person to be. */
const places = ({ id }: TestPerson) => store.hlen(`parloir:presence:{${id}}`);
const isIn = (person: TestPerson, count: number) =>
  eventually(
    "gateways of the person",
    () => places(person),
    (now) => now === count,
  );

describe("presence across gateways", () => {
  it("a person with sockets on two is one person: online with the first, offline after the last", async () => {
    const { ben, watcher, first } = await watched();
    expect(first).toEqual({ [ben.id]: { status: "offline", lastSeenAt: null } });
    const one = await cluster.socket(ben, 0);
    await becomes(watcher, ben, "online");
    const other = await cluster.socket(ben, 1);
    await isIn(ben, 2);
    one.close();
    await isIn(ben, 1);
    expect(statuses(watcher, ben)).toEqual(["online"]);
    const left = Date.now();
    other.close();
    const { lastSeenAt } = await becomes(watcher, ben, "offline");
    expect(Date.parse(lastSeenAt!)).toBeGreaterThanOrEqual(left);
    expect(statuses(watcher, ben)).toEqual(["online", "offline"]);
    expect(await watch(watcher, ben)).toEqual({ [ben.id]: { status: "offline", lastSeenAt } });
  });

  it("a reload is no absence", async () => {
    const { ben, watcher } = await watched();
    let page = await cluster.socket(ben, 0);
    await becomes(watcher, ben, "online");
    for (const gateway of [0, 0, 1]) {
      page.close();
      page = await cluster.socket(ben, gateway);
    }
    // What the last page but one left behind is cleared up by now: a flicker would have come before.
    await isIn(ben, 2);
    await isIn(ben, 1);
    page.close();
    await becomes(watcher, ben, "offline");
    expect(statuses(watcher, ben)).toEqual(["online", "offline"]);
  });

  it("a gateway that crashes takes its people offline, and back when it was only cut off", async () => {
    const { ben, watcher } = await watched();
    const stays = await cluster.person("stays");
    await cluster.conversation(ben, stays);
    await Promise.all([cluster.socket(ben, 3), cluster.socket(stays, 3), cluster.socket(stays, 0)]);
    await isIn(ben, 1);
    await isIn(stays, 2);
    proxy.cut();
    const { lastSeenAt } = await becomes(watcher, ben, "offline");
    expect(Date.parse(lastSeenAt!)).toBeGreaterThan(0);
    await isIn(stays, 1);
    proxy.mend();
    await isIn(ben, 1);
    await isIn(stays, 2);
    await watcher.waitFor("presence", () => statuses(watcher, ben).at(-1) === "online");
  });

  it("survives a Redis that was emptied: the next beat writes it again", async () => {
    const { ben, watcher } = await watched();
    await cluster.socket(ben, 0);
    await becomes(watcher, ben, "online");
    await store.flushall();
    await isIn(ben, 1);
    expect(await watch(watcher, ben)).toEqual({ [ben.id]: { status: "online", lastSeenAt: null } });
    expect(statuses(watcher, ben)).not.toContain("offline");
  });
});

describe("watch_presence", () => {
  it("replaces the list: of those no longer in it nothing is heard", async () => {
    const { ben, watcher } = await watched();
    const cleo = await cluster.person("cleo");
    const { userId: me } = await watcher.ready();
    await cluster.call(cleo, "POST", "/api/messages/conversations", { kind: "direct", recipientId: me });
    expect(Object.keys(await watch(watcher, cleo))).toEqual([cleo.id]);
    await cluster.socket(ben, 0);
    await isIn(ben, 1);
    await cluster.socket(cleo, 0);
    await becomes(watcher, cleo, "online");
    expect(heard(watcher, ben)).toEqual([]);
  });

  it("leaves strangers out, for everyone but agents", async () => {
    const { ben, watcher } = await watched();
    const [stranger, agent] = [await cluster.person("stranger"), await cluster.person("agent", "agent")];
    await cluster.socket(stranger, 0);
    await isIn(stranger, 1);
    expect(Object.keys(await watch(watcher, ben, stranger, { id: "nobody" }))).toEqual([ben.id]);
    const seesAll = await watch(await cluster.socket(agent, 1), ben, stranger, { id: "nobody" });
    expect(Object.keys(seesAll).toSorted()).toEqual([ben.id, stranger.id].toSorted());
    expect(seesAll[stranger.id]!.status).toBe("online");
  });
});
