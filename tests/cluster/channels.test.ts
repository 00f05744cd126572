import { randomUUID } from "node:crypto";
import {
  type ChannelEvent,
  channelHistory,
  maxChannelPage,
  maxChannels,
} from "@parloir/contracts/channels.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { startChannelHistory } from "@parloir/worker/channel-history.ts";
import { SignJWT } from "jose";
import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import { startRedisProxy } from "../resilience/redis-proxy.ts";
import { eventually } from "../setup/waiting.ts";
import { jwtSecret, serverKey, startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

/** gw1 hears everything; what gw2 does not hear is this file's choice. */
const folder = await temporaryFolder();
const redis = await startRedis({ dir: folder.dir });
const proxy = await startRedisProxy(redis.url);
const cluster = await startCluster({
  gateways: 2,
  apis: 2,
  env: { REDIS_URL: redis.url },
  envOf: { gw2: { REDIS_URL: proxy.url } },
});
afterAll(async () => {
  await cluster.stop();
  await proxy.close();
  await redis.stop();
  await folder.remove();
});

const log = pino({ level: "silent" });
const host = { token: serverKey };
const pathOf = (name: string, rest: string) => `/api/channels/${encodeURIComponent(name)}${rest}`;
const publish = (name: string, body: unknown) => cluster.rest(host, "POST", pathOf(name, "/events"), body);
const admit = (name: string, person: TestPerson) =>
  cluster.call(host, "PUT", pathOf(name, `/members/${person.id}`));
const dismiss = (name: string, person: TestPerson) =>
  cluster.call(host, "DELETE", pathOf(name, `/members/${person.id}`));
const updated = (n: number) => ({ event: "updated", payload: { n } });
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
const cursorsOf = (events: ChannelEvent[]) => events.map((event) => event.cursor);

const heard = (socket: TestSocket, channel: string) =>
  socket.all("channel_event").filter((event) => event.channel === channel);

/** Resolves when this event came; answers with all that came of its channel. */
async function heardUpTo(socket: TestSocket, channel: string, cursor: number): Promise<ChannelEvent[]> {
  await socket.waitFor("channel_event", (event) => event.channel === channel && event.cursor === cursor);
  return heard(socket, channel);
}

/** A channel of its own, with its first member on gateway 1 and its second on gateway 2, both subscribed. */
async function project() {
  const channel = `project:${randomUUID()}`;
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const sockets = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)] as const;
  for (const [index, person] of [ana, ben].entries()) {
    await admit(channel, person);
    await sockets[index]!.ok("subscribe", { channel });
  }
  return { channel, ana, ben, sockets };
}

/** So many events, as if published: what the api itself would take too long for. */
async function fill(channel: string, count: number, age = "0"): Promise<void> {
  await cluster.sql("INSERT INTO channels (name, last_cursor) VALUES ($1, $2)", [channel, count]);
  await cluster.sql(
    `INSERT INTO channel_events (channel, cursor, event, payload, created_at)
      SELECT $1, n, 'updated', json_build_object('n', n), now() - $3::interval FROM generate_series(1, $2) n`,
    [channel, count, age],
  );
}

describe("an event of a channel", () => {
  it("reaches the subscribers of every gateway, in the order of its numbers and once", async () => {
    const { channel, sockets } = await project();
    const answers = await Promise.all(upTo(40).map((n) => publish(channel, updated(n))));
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 201));
    const given = answers.map((answer) => (answer.body.data as { cursor: number }).cursor);
    expect(given.toSorted((a, b) => a - b)).toEqual(upTo(40));
    for (const socket of sockets) {
      const events = await heardUpTo(socket, channel, 40);
      expect(cursorsOf(events)).toEqual(upTo(40));
      for (const [index, cursor] of given.entries())
        expect(events[cursor - 1]).toEqual({ channel, cursor, ...updated(index + 1) });
    }
  });

  it("is not heard by who has not subscribed, or no longer", async () => {
    const { channel, ana, sockets } = await project();
    const silent = await cluster.socket(ana, 0);
    await sockets[1].ok("unsubscribe", { channel });
    await publish(channel, updated(1));
    await heardUpTo(sockets[0], channel, 1);
    // A later subscription on the same connection comes behind whatever was pushed to it.
    for (const socket of [silent, sockets[1]]) {
      const { events } = await socket.ok("subscribe", { channel, after: 0 });
      expect(cursorsOf(events)).toEqual([1]);
      expect(heard(socket, channel)).toEqual([]);
    }
  });

  it("is repaired when its push is lost, in the middle and at the end, with pub/sub gone as well", async () => {
    const { channel, sockets } = await project();
    proxy.lose(`"lost"`);
    await publish(channel, updated(1));
    await publish(channel, { event: "updated", payload: { lost: true, text: "lost" } });
    await publish(channel, updated(3));
    expect(cursorsOf(await heardUpTo(sockets[1], channel, 3))).toEqual(upTo(3));
    expect(proxy.lost()).toBeGreaterThan(0);
    proxy.lose("");
    proxy.cut();
    await publish(channel, updated(4));
    expect(cursorsOf(await heardUpTo(sockets[1], channel, 4))).toEqual(upTo(4));
    proxy.mend();
    await publish(channel, updated(5));
    expect(cursorsOf(await heardUpTo(sockets[1], channel, 5))).toEqual(upTo(5));
  });

  it("that is published again under its eventId is one event", async () => {
    const { channel, sockets } = await project();
    const event = { ...updated(1), eventId: "job-7" };
    const answers = await Promise.all(upTo(20).map(() => publish(channel, event)));
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    for (const { body } of answers) expect(body.data).toMatchObject({ cursor: 1 });
    expect((await publish(channel, event)).body.data).toEqual({ cursor: 1, duplicate: true });
    const other = await publish(channel, { ...updated(2), eventId: "job-7" });
    expect([other.status, other.body.error!.code]).toEqual([409, "CONFLICT"]);
    await publish(channel, updated(2));
    expect(cursorsOf(await heardUpTo(sockets[0], channel, 2))).toEqual([1, 2]);
  });
});

describe("who comes late", () => {
  it("gets what was missed since a cursor, over as many answers as it takes, and then the pushes", async () => {
    const channel = `project:${randomUUID()}`;
    const ana = await cluster.person("ana");
    await admit(channel, ana);
    await fill(channel, 2 * maxChannelPage + 50);
    const socket = await cluster.socket(ana, 1);
    const events: ChannelEvent[] = [];
    for (let complete = false; !complete; ) {
      const page = await socket.ok("subscribe", { channel, after: events.at(-1)?.cursor ?? 0 });
      expect(page.cursor).toBe(2 * maxChannelPage + 50);
      events.push(...page.events);
      complete = page.complete;
    }
    expect(cursorsOf(events)).toEqual(upTo(2 * maxChannelPage + 50));
    await publish(channel, updated(451));
    expect(cursorsOf(await heardUpTo(socket, channel, 451))).toEqual([451]);
  });

  it("gets nothing but the head without a cursor, and nothing with the head's", async () => {
    const { channel, sockets } = await project();
    await publish(channel, updated(1));
    const nothing = { cursor: 1, events: [], complete: true };
    expect(await sockets[0].ok("subscribe", { channel })).toEqual(nothing);
    expect(await sockets[0].ok("subscribe", { channel, after: 1 })).toEqual(nothing);
  });

  it.each([
    ["the newest so many", channelHistory.events + 30, "0"],
    ["what is not too old", 30, `${channelHistory.days} days 1 minute`],
  ])("is told when the history does not reach back: %s is kept", async (_, count, age) => {
    const channel = `project:${randomUUID()}`;
    const ana = await cluster.person("ana");
    await admit(channel, ana);
    await fill(channel, count, age);
    for (const n of upTo(30)) await publish(channel, updated(count + n));
    const socket = await cluster.socket(ana);
    const head = count + 30;
    const hole = { cursor: head, events: [], complete: false };
    expect(await socket.ok("subscribe", { channel, after: 0 })).toEqual(hole);
    expect(await socket.ok("subscribe", { channel, after: head + 1 })).toEqual(hole);
    const rest = await socket.ok("subscribe", { channel, after: count });
    expect(cursorsOf(rest.events)).toEqual(upTo(30).map((n) => count + n));
    expect(rest.complete).toBe(true);
    const [row] = await cluster.sql<{ kept: string }>(
      "SELECT count(*)::text AS kept FROM channel_events WHERE channel = $1",
      [channel],
    );
    expect(Number(row!.kept)).toBeLessThanOrEqual(channelHistory.events);
  });

  it("keeps nothing for ever in a channel that nobody publishes to any more", async () => {
    const channel = `project:${randomUUID()}`;
    await fill(channel, 5, `${channelHistory.days} days 1 minute`);
    const history = startChannelHistory({ database: cluster.apis[0]!.database, log, everyMs: 50 });
    const left = () => cluster.sql("SELECT FROM channel_events WHERE channel = $1", [channel]);
    await eventually("old events", left, (rows) => rows.length === 0);
    await history.stop();
  });

  it("gets large events in answers that a slow line can take", async () => {
    const { channel, sockets } = await project();
    const text = "x".repeat(16_000);
    for (const n of upTo(40)) await publish(channel, { event: "updated", payload: { n, text } });
    const { events, complete } = await sockets[0].ok("subscribe", { channel, after: 0 });
    expect(events.length).toBeGreaterThan(0);
    expect(events.length).toBeLessThan(40);
    expect(complete).toBe(false);
    expect(cursorsOf(events)).toEqual(upTo(events.length));
  });
});

describe("subscribing", () => {
  it("is for one's own channel, one's role's, what the host admits one to, and what the token grants", async () => {
    const ana = await cluster.person("ana", "technician");
    const [admitted, granted, foreign] = upTo(3).map(() => `ticket:${randomUUID()}`) as [
      string,
      string,
      string,
    ];
    await admit(admitted, ana);
    await publish(foreign, updated(1));
    const body = { userId: ana.id, channels: [granted] };
    const { token } = await cluster.call<{ token: string }>(host, "POST", "/api/tokens", body);
    const socket = await cluster.socket({ token });
    for (const channel of [`user:${ana.id}`, "role:technician", admitted, granted]) {
      await socket.ok("subscribe", { channel });
      await publish(channel, updated(1));
      await heardUpTo(socket, channel, (await socket.ok("subscribe", { channel })).cursor);
    }
    const absent = await socket.refused("subscribe", { channel: `ticket:${randomUUID()}` });
    expect(absent).toEqual({ code: "NOT_FOUND", message: "no such channel", retryable: false });
    const other = await cluster.person("other");
    for (const channel of [
      foreign,
      `user:${other.id}`,
      `user:${ana.id}.`,
      "role:agent",
      "role:admin",
      `conversation:${randomUUID()}`,
      `presence:${other.id}`,
      `channel:${foreign}`,
    ])
      expect(await socket.refused("subscribe", { channel }), channel).toEqual(absent);
    // Without the grant, the same person on another connection.
    expect(await (await cluster.socket(ana)).refused("subscribe", { channel: granted })).toEqual(absent);
  });

  it.each<[string, unknown]>([
    ["no type", { channel: "user" }],
    ["no id", { channel: "user:" }],
    ["NUL", { channel: "user:\u0000" }],
    ["a wildcard", { channel: "user:*" }],
    ["a name that is too long", { channel: `project:${"x".repeat(129)}` }],
    ["a list", { channel: ["user:2"] }],
    ["a negative cursor", { channel: "project:1", after: -1 }],
    ["a cursor beyond numbers", { channel: "project:1", after: 2 ** 63 }],
    ["an unknown field", { channel: "project:1", userId: "admin" }],
    ["nothing", null],
  ])("is INVALID with %s", async (_, payload) => {
    const socket = await cluster.socket(await cluster.person("ana"));
    expect((await socket.refused("subscribe", payload)).code).toBe("INVALID");
    await socket.ok("heartbeat", {});
  });

  it("ends at a bound", async () => {
    const ana = await cluster.person("ana");
    const names = upTo(maxChannels + 1).map((n) => `ticket:${ana.id}.${n}`);
    for (const name of names) await admit(name, ana);
    const socket = await cluster.socket(ana);
    for (const channel of names.slice(0, maxChannels)) await socket.ok("subscribe", { channel });
    const last = { channel: names.at(-1)! };
    expect((await socket.refused("subscribe", last)).code).toBe("TOO_LARGE");
    await socket.ok("unsubscribe", { channel: names[0]! });
    await socket.ok("subscribe", last);
  });
});

describe("who may no longer subscribe", () => {
  it("hears nothing that is published after the removal, also when nobody told the gateway", async () => {
    const { channel, ana, ben, sockets } = await project();
    const benToo = await cluster.socket(ben, 0);
    await benToo.ok("subscribe", { channel });
    const anaToo = await cluster.socket(ana, 1);
    await anaToo.ok("subscribe", { channel });
    await publish(channel, updated(1));
    for (const socket of [...sockets, benToo, anaToo]) await heardUpTo(socket, channel, 1);
    proxy.lose("channel_removed");
    await dismiss(channel, ben);
    await publish(channel, updated(2));
    proxy.lose("");
    for (const socket of [sockets[0], anaToo]) await heardUpTo(socket, channel, 2);
    for (const socket of [sockets[1], benToo]) {
      await socket.waitFor("channel_removed", (removed) => removed.channel === channel);
      expect(cursorsOf(heard(socket, channel))).toEqual([1]);
      expect((await socket.refused("subscribe", { channel, after: 0 })).code).toBe("NOT_FOUND");
    }
    await admit(channel, ben);
    expect(cursorsOf((await sockets[1].ok("subscribe", { channel, after: 1 })).events)).toEqual([2]);
  });

  it("is told at once by the removal itself", async () => {
    const { channel, ben, sockets } = await project();
    await dismiss(channel, ben);
    expect(await sockets[1].waitFor("channel_removed")).toEqual({ channel });
    expect(sockets[0].all("channel_removed")).toEqual([]);
  });

  it("loses a role's channel with the role", async () => {
    const ana = await cluster.person("ana", "agent");
    const socket = await cluster.socket(ana);
    const channel = "role:agent";
    const { cursor } = await socket.ok("subscribe", { channel });
    await cluster.call(host, "PUT", `/api/users/${ana.id}`, { name: "ana", role: "client" });
    await publish(channel, updated(1));
    await socket.waitFor("channel_removed", (removed) => removed.channel === channel);
    expect(heard(socket, channel).filter((event) => event.cursor > cursor)).toEqual([]);
  });

  it("loses what the former token granted with the next token", async () => {
    const ana = await cluster.person("ana");
    const channel = `quote:${randomUUID()}`;
    const claims = new SignJWT({ role: "client", channels: [channel, "nonsense", 7] });
    const token = await claims
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(ana.id)
      .setIssuer("parloir")
      .setAudience("parloir")
      .setExpirationTime("5m")
      .sign(new TextEncoder().encode(jwtSecret));
    const socket = await cluster.socket({ token });
    await socket.ok("subscribe", { channel });
    await publish(channel, updated(1));
    await heardUpTo(socket, channel, 1);
    await socket.ok("refresh_token", { token });
    await publish(channel, updated(2));
    await heardUpTo(socket, channel, 2);
    await socket.ok("refresh_token", { token: ana.token });
    expect(await socket.waitFor("channel_removed")).toEqual({ channel });
    await publish(channel, updated(3));
    expect((await socket.refused("subscribe", { channel })).code).toBe("NOT_FOUND");
    expect(cursorsOf(heard(socket, channel))).toEqual([1, 2]);
  });
});

describe("publishing", () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { in: deep(levels - 1) });
  const path = pathOf("project:shape", "/events");

  it("needs the server key, and admitting as well", async () => {
    const admin = await cluster.person("admin", "admin");
    for (const [method, route, body] of [
      ["POST", path, updated(1)],
      ["PUT", pathOf("project:shape", `/members/${admin.id}`), undefined],
      ["DELETE", pathOf("project:shape", `/members/${admin.id}`), undefined],
    ] as const) {
      expect((await cluster.rest(admin, method, route, body)).status, method).toBe(401);
      expect((await cluster.request(null, method, route, body)).status, method).toBe(401);
    }
  });

  it.each<[string, number, unknown]>([
    ["no payload", 400, { event: "x" }],
    ["a payload that is a list", 400, { event: "x", payload: [] }],
    ["a payload that is text", 400, { event: "x", payload: "text" }],
    ["a payload of null", 400, { event: "x", payload: null }],
    ["NUL", 400, { event: "x", payload: { text: "a\u0000b" } }],
    ["NUL in a key", 400, { event: "x", payload: { in: [{ "a\u0000": 1 }] } }],
    ["a lone surrogate", 400, { event: "x", payload: { text: "\ud800" } }],
    ["a payload that is too deep", 400, { event: "x", payload: deep(17) }],
    ["more than 16 KB", 413, { event: "x", payload: { text: "x".repeat(16_384) } }],
    ["more than 16 KB in fewer characters", 413, { event: "x", payload: { text: "é".repeat(8_192) } }],
    ["an event with a blank", 400, { event: "a b", payload: {} }],
    ["an event that is too long", 400, { event: "x".repeat(65), payload: {} }],
    ["an event that is an object", 400, { event: {}, payload: {} }],
    ["an eventId with a NUL", 400, { event: "x", payload: {}, eventId: "\u0000" }],
    ["an unknown field", 400, { event: "x", payload: {}, cursor: 7 }],
  ])("is refused with %s", async (_, status, body) => {
    expect((await cluster.rest(host, "POST", path, body)).status).toBe(status);
  });

  it.each([
    ["__proto__", `{"event":"x","payload":{"in":{"__proto__":{"admin":true}}}}`],
    ["very deep lists", `{"event":"x","payload":{"in":${"[".repeat(5_000)}${"]".repeat(5_000)}}}`],
    ["a number beyond numbers", `{"event":"x","payload":{"n":1e999}}`],
  ])("is refused with %s", async (_, body) => {
    const response = await fetch(new URL(path, cluster.apis[0]!.url), {
      method: "POST",
      headers: { authorization: `Bearer ${serverKey}`, "content-type": "application/json" },
      body,
    });
    expect(response.status).toBe(400);
  });

  it.each([
    "project",
    "Project:1",
    "project:",
    "project:a%2Fb",
    "project:%00",
    `project:${"x".repeat(129)}`,
    "%E0%A4%A",
  ])("is refused in a channel called %s", async (name) => {
    expect((await cluster.rest(host, "POST", `/api/channels/${name}/events`, updated(1))).status).toBe(400);
  });

  it("brings back what was published letter for letter", async () => {
    const { channel, sockets } = await project();
    const payload = {
      b: 1,
      a: [1.5e300, -0.1, "é\u202e", { "": null, constructor: "Bâtiment" }],
      deep: deep(15),
    };
    await publish(channel, { event: "Updated.v2", payload });
    const [pushed] = await heardUpTo(sockets[0], channel, 1);
    const { events } = await sockets[0].ok("subscribe", { channel, after: 0 });
    for (const event of [pushed, events[0]])
      expect(JSON.stringify(event!.payload)).toBe(JSON.stringify(payload));
  });

  it("admits known people only", async () => {
    expect((await cluster.rest(host, "PUT", pathOf("project:1", "/members/nobody"))).status).toBe(404);
    expect((await cluster.rest(host, "DELETE", pathOf("project:1", "/members/nobody"))).status).toBe(200);
  });
});

describe("an announcement", () => {
  const announce = (by: { token: string }, body: unknown) =>
    cluster.rest(by, "POST", "/api/announcements", body);

  it("of a key or an admin reaches everyone, or everyone of a role", async () => {
    const people = [
      await cluster.person("c"),
      await cluster.person("t", "technician"),
      await cluster.person("a", "admin"),
    ];
    const sockets = await Promise.all(people.map((person, index) => cluster.socket(person, index % 2)));
    const [title, message] = [randomUUID(), "Maintenance at noon"];
    expect((await announce(host, { title, message })).status).toBe(200);
    for (const socket of sockets)
      expect(await socket.waitFor("announcement", (said) => said.title === title)).toEqual({
        title,
        message,
      });
    const first = randomUUID();
    await announce(people[2]!, { role: "technician", title: first, message });
    const last = randomUUID();
    await announce(host, { title: last, message });
    for (const [index, socket] of sockets.entries()) {
      await socket.waitFor("announcement", (said) => said.title === last);
      expect(socket.all("announcement").some((said) => said.title === first)).toBe(index === 1);
    }
  });

  it("of anybody else is refused, and so is what has no words", async () => {
    const words = { title: "t", message: "m" };
    for (const role of ["client", "technician", "agent"] as const)
      expect((await announce(await cluster.person(role, role), words)).status).toBe(403);
    expect((await cluster.request(null, "POST", "/api/announcements", words)).status).toBe(401);
    for (const body of [
      {},
      { ...words, title: " " },
      { ...words, message: "\u0000" },
      { ...words, role: "boss" },
      { ...words, html: "" },
    ])
      expect((await announce(host, body)).status).toBe(400);
  });
});
