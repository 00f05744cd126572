import type { Presence } from "@parloir/contracts/shapes.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { closeRedis, createPublisherClient, untilReady } from "@parloir/platform/redis.ts";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createPresence, type PresenceKeeper } from "./presence.ts";

/** Several gateways' keepers on one real Redis; only the clock that tells idleness is ours. */
const log = pino({ level: "silent" });
const folder = await temporaryFolder();
const server = await startRedis({ dir: folder.dir });
const redis = createPublisherClient({ url: server.url, cluster: false }, log);
beforeAll(async () => void (await untilReady(redis, 10_000)));
afterAll(async () => {
  closeRedis(redis);
  await server.stop();
  await folder.remove();
});

let changes: ({ userId: string } & Presence)[] = [];
let keepers: PresenceKeeper[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  changes = [];
  keepers = [];
});
afterEach(async () => {
  vi.useRealTimers();
  for (const keeper of keepers) await keeper.stop();
  await redis.flushall();
});

let nodes = 0;
function keeper(node = `node${++nodes}`) {
  const made = createPresence({ redis, node, log, announce: (change) => void changes.push(change) });
  keepers.push(made);
  return Object.assign(made, { node });
}

const statuses = (userId = "ben") =>
  changes.filter((each) => each.userId === userId).map(({ status }) => status);
const announced = (count: number) => vi.waitFor(() => expect(changes).toHaveLength(count), 10_000);
const statusOf = async (from: PresenceKeeper) => (await from.read(["ben"])).ben?.status;

/** Only the clock: timers and Redis go on in real time. */
function minutesLater(minutes: number): void {
  vi.advanceTimersByTime(minutes * 60_000);
}

describe("a person who does nothing", () => {
  it("is away after five minutes, and online again with the first command", async () => {
    const gateway = keeper();
    gateway.connected("ben");
    await announced(1);
    minutesLater(4.9);
    await gateway.renew();
    minutesLater(0.2);
    await gateway.renew();
    await announced(2);
    expect(await statusOf(keeper())).toBe("away");
    gateway.active("ben");
    await announced(3);
    expect(statuses()).toEqual(["online", "away", "online"]);
  });

  it("on one gateway, but something on another, stays online", async () => {
    const [idle, busy] = [keeper(), keeper()];
    idle.connected("ben");
    busy.connected("ben");
    await announced(1);
    minutesLater(6);
    busy.active("ben");
    await idle.renew();
    await busy.renew();
    await vi.waitFor(async () => {
      expect((await redis.hvals("parloir:presence:{ben}")).toSorted()).toEqual(["away", "online"]);
    });
    expect(await statusOf(keeper())).toBe("online");
    expect(statuses()).toEqual(["online"]);
  });
});

describe("a node that died", () => {
  it("is reaped once, whoever does it, and only those who were nowhere else go offline", async () => {
    const [dead, first, second] = [keeper(), keeper(), keeper()];
    dead.connected("ben");
    dead.connected("cleo");
    first.connected("cleo");
    await announced(2);
    await vi.waitFor(async () => expect(await redis.hlen(`parloir:people:${dead.node}`)).toBe(2));
    await vi.waitFor(async () => expect(await redis.hlen("parloir:presence:{cleo}")).toBe(2));
    await Promise.all([first.reap(dead.node), second.reap(dead.node)]);
    expect(changes).toMatchObject([
      { status: "online" },
      { status: "online" },
      { userId: "ben", status: "offline", lastSeenAt: expect.stringMatching(/Z$/) },
    ]);
    expect(statuses("cleo")).toEqual(["online"]);
    expect(await redis.exists(`parloir:people:${dead.node}`)).toBe(0);
  });
});

describe("a keeper", () => {
  it("that stops takes its people along at once", async () => {
    const gateway = keeper();
    gateway.connected("ben");
    await announced(1);
    await gateway.stop();
    expect(statuses()).toEqual(["online", "offline"]);
  });

  it("writes everything again when Redis has forgotten it", async () => {
    const gateway = keeper();
    gateway.connected("ben");
    await announced(1);
    await redis.flushall();
    expect(await statusOf(gateway)).toBe("offline");
    await gateway.renew();
    expect(await statusOf(gateway)).toBe("online");
  });

  it("writes with the next beat what a break has lost, also that somebody is gone", async () => {
    const link = createPublisherClient({ url: server.url, cluster: false }, log);
    await untilReady(link, 10_000);
    const lines: string[] = [];
    const gateway = createPresence({
      redis: link,
      node: "cut",
      log: pino({ level: "debug" }, { write: (line) => void lines.push(line) }),
      announce: (change) => void changes.push(change),
    });
    const [before, lost] = [["stays", "leaves"], ["comes"]];
    for (const userId of before) gateway.connected(userId);
    await announced(2);
    link.disconnect();
    for (const userId of lost) gateway.connected(userId);
    gateway.disconnected("leaves");
    await vi.waitFor(() => expect(lines).toHaveLength(2), 10_000);
    await link.connect();
    await gateway.renew();
    expect(statuses("comes")).toEqual(["online"]);
    expect(statuses("leaves")).toEqual(["online", "offline"]);
    expect(statuses("stays")).toEqual(["online"]);
    await gateway.stop();
    closeRedis(link);
  });

  it("answers nothing, rather than something wrong, of those whom Redis cannot tell it about", async () => {
    const gone = createPublisherClient({ url: "redis://127.0.0.1:1", cluster: false }, log);
    const gateway = createPresence({
      redis: gone,
      node: "alone",
      log,
      announce: (change) => void changes.push(change),
    });
    gateway.connected("ben");
    gateway.active("ben");
    gateway.disconnected("ben");
    expect(await gateway.read(["ben"])).toEqual({});
    expect(changes).toEqual([]);
    await gateway.stop();
    closeRedis(gone);
  });
});
