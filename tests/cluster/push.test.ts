import { randomUUID } from "node:crypto";
import { maxPushSubscriptions } from "@parloir/contracts/push.ts";
import { importJWK, jwtVerify } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { pushBrowser } from "../setup/push-browser.ts";
import { type Received, type Receiver, startReceiver } from "../setup/receiver.ts";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({
  gateways: 1,
  apis: 2,
  workers: 2,
  env: {
    OUTBOUND_NETWORKS: "127.0.0.1",
    DELIVERY_BACKOFF_MS: "1",
    PUSH_CONTACT: "mailto:admin@chat.example",
  },
});
afterAll(() => cluster.stop());

let ana: TestPerson;
let sender: TestSocket;
beforeAll(async () => {
  ana = await cluster.person("ana");
  sender = await cluster.socket(ana);
});

it("the cluster's keys are there from the first start, before anybody asks", async () => {
  const keys = () => cluster.sql<{ public_key: string }>("SELECT public_key FROM vapid_keys");
  const [made] = await eventually("the keys", keys, (rows) => rows.length > 0);
  expect(await publicKey(ana)).toBe(made!.public_key);
});

const open: Receiver[] = [];
afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.stop();
});

const path = "/api/push/subscriptions";

/** A push service, and a browser that has subscribed there for a new person. */
async function subscribed(status = 201) {
  const service = await startReceiver();
  open.push(service);
  service.answer(status);
  const ben = await cluster.person("ben");
  const browser = pushBrowser(`${service.url}/${randomUUID()}`);
  const { id } = await cluster.call<{ id: string }>(ben, "POST", path, browser.subscription);
  return { service, ben, browser, id };
}

const pushed = (service: Receiver, count: number) =>
  eventually(
    "pushes",
    () => service.received,
    (all) => all.length >= count,
  );

interface Line {
  id: string;
  state: string;
  reason: string | null;
  attempts: number;
}
const linesOf = (person: { id: string }) =>
  cluster.sql<Line>(
    "SELECT id, state, reason, attempts FROM deliveries WHERE user_id = $1 AND channel = 'push' ORDER BY id",
    [person.id],
  );
const line = async (person: { id: string }, wished: (line: Line) => boolean) => {
  const found = await eventually(
    "the line",
    () => linesOf(person),
    ([row]) => row !== undefined && wished(row),
  );
  expect(found).toHaveLength(1);
  return found[0]!;
};

const publicKey = async (person: TestPerson) =>
  (await cluster.call<{ publicKey: string }>(person, "GET", "/api/push/key")).publicKey;

/** Whose key signed it, when it is for this service and by us. */
async function senderOf({ headers }: Received, service: Receiver): Promise<string> {
  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(headers.authorization!)!;
  const point = Buffer.from(key!, "base64url");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
  const jwk = await importJWK({ kty: "EC", crv: "P-256", x: x!, y: y! }, "ES256");
  const { payload } = await jwtVerify(token!, jwk, { audience: service.url });
  expect(payload.sub).toBe("mailto:admin@chat.example");
  return key!;
}

describe("a browser that has subscribed", () => {
  it("is told once, in a way that only it can read, by the cluster's key", async () => {
    const { service, ben, browser } = await subscribed();
    const { id: conversationId } = await cluster.conversation(ana, ben);
    await cluster.send(sender, conversationId, "Grüße 🚲");
    const { id, attempts } = await line(ben, ({ state }) => state === "sent");
    expect([service.received.length, attempts]).toEqual([1, 1]);
    const [request] = service.received as [Received];
    expect(browser.decrypt(request.body)).toEqual({
      id,
      title: "ana",
      message: "Grüße 🚲",
      conversationId,
      seq: 1,
      count: 1,
    });
    expect(request.body.toString("latin1")).not.toContain("ana");
    expect(request.headers).toMatchObject({ "content-encoding": "aes128gcm", ttl: "86400" });
    const keys = await Promise.all([publicKey(ana), publicKey(ben), senderOf(request, service)]);
    expect(new Set(keys).size).toBe(1);
  });

  it("is told again when its service was busy, of the same", async () => {
    const { service, ben, browser } = await subscribed(503);
    await cluster.send(sender, (await cluster.conversation(ana, ben)).id, "hello");
    await pushed(service, 2);
    service.answer(201);
    await line(ben, ({ state }) => state === "sent");
    const ids = service.received.map(({ body }) => browser.decrypt(body).id);
    expect(new Set(ids).size).toBe(1);
  });

  it.each([404, 410])("is dropped when its service answers %s", async (status) => {
    const { service, ben } = await subscribed(status);
    const { id } = await cluster.conversation(ana, ben);
    await cluster.send(sender, id, "hello");
    await line(ben, ({ state, reason }) => state === "dropped" && reason === "subscription_gone");
    expect(await cluster.sql("SELECT 1 FROM push_subscriptions WHERE user_id = $1", [ben.id])).toEqual([]);
    await cluster.send(sender, id, "again");
    const barrier = await subscribed();
    await cluster.send(sender, (await cluster.conversation(ana, barrier.ben)).id, "barrier");
    await pushed(barrier.service, 1);
    expect([(await linesOf(ben)).length, service.received.length]).toEqual([1, 1]);
  });

  it("whose service refuses for good gets no second attempt", async () => {
    const { service, ben } = await subscribed(400);
    await cluster.send(sender, (await cluster.conversation(ana, ben)).id, "hello");
    await line(ben, ({ state }) => state === "dead");
    expect(service.received).toHaveLength(1);
  });

  it("whose key is no point of the curve is dropped", async () => {
    const { ben, browser, service } = await subscribed();
    const keys = { ...browser.subscription.keys, p256dh: `BA${"A".repeat(85)}` };
    await cluster.call(ben, "POST", path, { ...browser.subscription, keys });
    await cluster.send(sender, (await cluster.conversation(ana, ben)).id, "hello");
    await line(ben, ({ reason }) => reason === "subscription_gone");
    expect(service.received).toEqual([]);
  });

  it("that expires by its own word is not asked any more", async () => {
    const { ben, browser, service } = await subscribed();
    await cluster.call(ben, "POST", path, { ...browser.subscription, expirationTime: 1_000 });
    await cluster.send(sender, (await cluster.conversation(ana, ben)).id, "hello");
    await line(ben, ({ reason }) => reason === "subscription_gone");
    expect(service.received).toEqual([]);
  });
});

describe("nothing is pushed", () => {
  const base = "/api/messages/conversations";
  it.each<[string, string, (ben: TestPerson, id: string) => Promise<unknown>]>([
    [
      "of what was read meanwhile",
      "read",
      (ben, id) => cluster.call(ben, "POST", `${base}/${id}/read`, { seq: 1 }),
    ],
    [
      "of what was muted meanwhile",
      "muted",
      (ben, id) => cluster.call(ben, "POST", `${base}/${id}/mute`, {}),
    ],
    [
      "to who does not want it",
      "unwanted",
      (ben) =>
        cluster.call(ben, "PUT", "/api/notifications/preferences", {
          channels: { push: false },
          quietHours: null,
        }),
    ],
    [
      "to who was banned, whose browsers are forgotten",
      "banned",
      (ben) => cluster.call({ token: serverKey }, "PUT", `/api/users/${ben.id}/ban`, {}),
    ],
  ])("%s", async (_, reason, act) => {
    const { service, ben } = await subscribed(503);
    const { id } = await cluster.conversation(ana, ben);
    await cluster.send(sender, id, "hello");
    await pushed(service, 1);
    await act(ben, id);
    service.answer(201);
    await line(ben, (row) => row.state === "dropped" && row.reason === reason);
    expect(service.received.filter(({ status }) => status === 201)).toEqual([]);
  });

  it("to browsers of somebody whose tokens were revoked", async () => {
    const { service, ben } = await subscribed();
    await cluster.call({ token: serverKey }, "POST", `/api/users/${ben.id}/revoke`);
    await cluster.send(sender, (await cluster.conversation(ana, ben)).id, "hello");
    const barrier = await subscribed();
    await cluster.send(sender, (await cluster.conversation(ana, barrier.ben)).id, "barrier");
    await pushed(barrier.service, 1);
    expect([service.received, await linesOf(ben)]).toEqual([[], []]);
  });

  it("of private notes", async () => {
    const { service, ben, browser } = await subscribed();
    const kim = await cluster.person("kim", "agent");
    const { id } = await cluster.call<{ id: string }>(ben, "POST", base, { kind: "support" });
    const note = { clientNoteId: randomUUID(), content: "difficult customer" };
    await cluster.call(kim, "POST", `${base}/${id}/notes`, note);
    const direct = await cluster.conversation(ana, ben);
    await cluster.send(sender, direct.id, "barrier");
    const [request] = (await pushed(service, 1)) as [Received];
    expect([browser.decrypt(request.body).message, service.received.length]).toEqual(["barrier", 1]);
  });
});

describe("subscribing", () => {
  it("again is the same; another person in the same browser takes it over", async () => {
    const { ben, browser, id, service } = await subscribed();
    const again = await cluster.rest(ben, "POST", path, browser.subscription);
    expect([again.status, again.body.data]).toEqual([200, { id }]);
    const cal = await cluster.person("cal");
    const taken = await cluster.rest(cal, "POST", path, browser.subscription);
    expect(taken.status).toBe(201);
    await cluster.send(sender, (await cluster.conversation(ana, ben)).id, "for ben");
    await cluster.send(sender, (await cluster.conversation(ana, cal)).id, "for cal");
    const [request] = (await pushed(service, 1)) as [Received];
    expect(browser.decrypt(request.body).message).toBe("for cal");
    await line(cal, ({ state }) => state === "sent");
    expect([service.received.length, await linesOf(ben)]).toEqual([1, []]);
  });

  it("ends by one's own wish, not by another's", async () => {
    const { ben, id } = await subscribed();
    const end = (person: TestPerson) => cluster.rest(person, "DELETE", `${path}/${id}`);
    const codes = [await end(ana), await end(ben), await end(ben)].map(({ status }) => status);
    expect(codes).toEqual([404, 200, 404]);
  });

  it("more often than one may lets the oldest go", async () => {
    const { ben, service } = await subscribed();
    for (let count = 0; count < maxPushSubscriptions; count++)
      await cluster.call(ben, "POST", path, pushBrowser(`${service.url}/${count}`).subscription);
    const rows = await cluster.sql<{ endpoint: string }>(
      "SELECT endpoint FROM push_subscriptions WHERE user_id = $1 ORDER BY id",
      [ben.id],
    );
    expect(rows.map(({ endpoint }) => endpoint)).toEqual(
      Array.from({ length: maxPushSubscriptions }, (_, count) => `${service.url}/${count}`),
    );
  });

  const good = pushBrowser("https://push.example/x").subscription;
  it.each<[string, unknown]>([
    ["nothing", {}],
    ["a private address", { ...good, endpoint: "https://192.168.1.1/x" }],
    ["plain http to a public address", { ...good, endpoint: "http://93.184.216.34/x" }],
    ["no web address", { ...good, endpoint: "file:///etc/passwd" }],
    ["a NUL", { ...good, endpoint: "https://push.example/\u0000" }],
    ["too long an address", { ...good, endpoint: `https://push.example/${"x".repeat(1_024)}` }],
    ["a short key", { ...good, keys: { ...good.keys, p256dh: "BAAA" } }],
    ["a compressed key", { ...good, keys: { ...good.keys, p256dh: `A${good.keys.p256dh.slice(1)}` } }],
    ["a long secret", { ...good, keys: { ...good.keys, auth: "A".repeat(44) } }],
    ["no keys", { endpoint: good.endpoint }],
    ["another's id", { ...good, userId: "ana" }],
    ["an end beyond time", { ...good, expirationTime: 1e300 }],
  ])("with %s is INVALID", async (_, body) => {
    const answer = await cluster.rest(ana, "POST", path, body);
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });
});
