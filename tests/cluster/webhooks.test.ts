import { createHmac, randomUUID } from "node:crypto";
import { type MaintenanceJob, queues } from "@parloir/contracts/jobs.ts";
import type { NewServerKey } from "@parloir/contracts/keys.ts";
import { webhookEvent } from "@parloir/contracts/webhook-schemas.ts";
import type { Delivery, NewWebhook, Webhook } from "@parloir/contracts/webhooks.ts";
import { maxWebhooks } from "@parloir/contracts/webhooks.ts";
import { Queue } from "bullmq";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Received, type Receiver, startReceiver } from "../setup/receiver.ts";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({
  gateways: 1,
  apis: 2,
  workers: 2,
  env: { OUTBOUND_NETWORKS: "127.0.0.1", DELIVERY_BACKOFF_MS: "1" },
});
const { hostname: host, port, password } = new URL(cluster.redisUrl);
const queue = new Queue<MaintenanceJob>(queues.maintenance.name, {
  connection: { host, port: Number(port), password },
});
afterAll(async () => {
  await queue.close();
  await cluster.stop();
});

const key = { token: serverKey };
let ana: TestPerson;
let sender: TestSocket;
beforeAll(async () => {
  ana = await cluster.person("ana");
  sender = await cluster.socket(ana);
});

const open: Receiver[] = [];
afterEach(async () => {
  // Of the next test's notifications nothing is sent to the former one's receiver.
  await cluster.sql("DELETE FROM webhooks");
  for (const receiver of open.splice(0)) await receiver.stop();
});

/** A receiver with its webhook. */
async function hooked(status = 200, headers?: Record<string, string>) {
  const receiver = await startReceiver();
  open.push(receiver);
  receiver.answer(status, headers);
  const hook = await cluster.call<NewWebhook>(key, "POST", "/api/webhooks", { url: `${receiver.url}/hook` });
  return { receiver, hook };
}

/** Somebody who has not read what ana wrote to them alone. */
async function addressee(text = "for your eyes") {
  const ben = await cluster.person("ben");
  const conversation = await cluster.conversation(ana, ben);
  await cluster.send(sender, conversation.id, text);
  return { ben, conversation };
}

const eventOf = ({ body }: Received) => webhookEvent.parse(JSON.parse(body.toString()));

const deliveriesOf = (hook: { id: string }, query = "") =>
  cluster.call<{ items: Delivery[]; nextCursor: string | null }>(
    key,
    "GET",
    `/api/webhooks/${hook.id}/deliveries${query}`,
  );

/** The ledger's only line for this webhook, as soon as it is so. */
const lineOf = async (hook: { id: string }, wished: (line: Delivery) => boolean) => {
  const { items } = await eventually(
    "the delivery",
    () => deliveriesOf(hook),
    ({ items: [line] }) => line !== undefined && wished(line),
  );
  expect(items).toHaveLength(1);
  return items[0]!;
};

const hookNow = async ({ id }: { id: string }) => {
  const { items } = await cluster.call<{ items: Webhook[] }>(key, "GET", "/api/webhooks");
  return items.find((each) => each.id === id);
};

const verified = (secret: string, { headers, body }: Received) => {
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const mac = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64")).update(signed);
  return String(headers["webhook-signature"])
    .split(" ")
    .includes(`v1,${mac.digest("base64")}`);
};

describe("a webhook", () => {
  it("is told of what somebody has not seen, once, signed, with a time and an id", async () => {
    const { receiver, hook } = await hooked();
    const { ben, conversation } = await addressee();
    const line = await lineOf(hook, ({ state }) => state === "sent");
    expect(line).toMatchObject({
      userId: ben.id,
      conversationId: conversation.id,
      seq: 1,
      attempts: 1,
      status: 200,
      reason: null,
    });
    expect(receiver.received).toHaveLength(1);
    const [request] = receiver.received as [Received];
    expect([request.path, request.headers["webhook-id"]]).toEqual(["/hook", line.id]);
    expect(eventOf(request)).toMatchObject({
      id: line.id,
      type: "notification",
      data: {
        userId: ben.id,
        notification: { title: "ana", message: "for your eyes", seq: 1, count: 1 },
      },
    });
    expect(verified(hook.secret, request)).toBe(true);
    expect(verified(`whsec_${Buffer.from("another").toString("base64")}`, request)).toBe(false);
    const sentAt = Number(request.headers["webhook-timestamp"]) * 1_000;
    expect(Math.abs(Date.now() - sentAt)).toBeLessThan(60_000);
  });

  it("that fails is asked again under the same id until it takes it", async () => {
    const { receiver, hook } = await hooked(500);
    await addressee();
    await eventually(
      "two attempts",
      () => receiver.received.length,
      (count) => count >= 2,
    );
    expect((await hookNow(hook))!.failingSince).not.toBeNull();
    receiver.answer(204);
    const line = await lineOf(hook, ({ state }) => state === "sent");
    expect(line).toMatchObject({ attempts: receiver.received.length, status: 204 });
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"]))).toEqual(
      new Set([line.id]),
    );
    expect(receiver.received.every((request) => verified(hook.secret, request))).toBe(true);
    await eventually(
      "it to be well again",
      () => hookNow(hook),
      (now) => now?.failingSince === null,
    );
  });

  it("that never takes it gets a dead letter, which is sent again when somebody asks", async () => {
    const { receiver, hook } = await hooked(500);
    await addressee();
    const dead = await lineOf(hook, ({ state }) => state === "dead");
    expect(dead).toMatchObject({ attempts: 12, status: 500, reason: "refused" });
    expect((await deliveriesOf(hook, "?state=dead")).items).toEqual([dead]);
    const before = receiver.received.length;
    receiver.answer(200);
    const replay = (body?: object) =>
      cluster.call<{ replayed: number }>(key, "POST", `/api/webhooks/${hook.id}/replay`, body);
    expect(await replay({ ids: [randomUUID()] })).toEqual({ replayed: 0 });
    expect(await replay({ ids: [dead.id] })).toEqual({ replayed: 1 });
    await lineOf(hook, ({ state }) => state === "sent");
    expect(receiver.received.slice(before).map(({ headers }) => headers["webhook-id"])).toEqual([dead.id]);
    expect(await replay()).toEqual({ replayed: 0 });
  });

  it("that has failed for days is disabled, its letters are dead, and enabling begins afresh", async () => {
    const { receiver, hook } = await hooked(503);
    await cluster.sql("UPDATE webhooks SET failing_since = now() - interval '73 hours' WHERE id = $1", [
      hook.id,
    ]);
    await addressee();
    await lineOf(hook, ({ state }) => state === "dead");
    expect(await hookNow(hook)).toMatchObject({ disabledBecause: "failing" });
    const audit = `/api/audit?action=webhook.disabled&target=${hook.id}`;
    expect((await cluster.call<{ items: object[] }>(key, "GET", audit)).items).toHaveLength(1);
    const asked = receiver.received.length;
    receiver.answer(200);
    const refused = await cluster.rest(key, "POST", `/api/webhooks/${hook.id}/replay`);
    expect([refused.status, refused.body.error?.code]).toEqual([409, "CONFLICT"]);
    const enabled = await cluster.call<Webhook>(key, "PATCH", `/api/webhooks/${hook.id}`, { enabled: true });
    expect(enabled).toMatchObject({ disabledAt: null, disabledBecause: null, failingSince: null });
    const { ben } = await addressee("after that");
    await eventually(
      "the next",
      () => receiver.received.length,
      (count) => count === asked + 1,
    );
    expect(eventOf(receiver.received.at(-1)!).data.userId).toBe(ben.id);
  });

  it("that says it is gone is disabled at once", async () => {
    const { hook } = await hooked(410);
    await addressee();
    await lineOf(hook, ({ state }) => state === "dead");
    expect(await hookNow(hook)).toMatchObject({ disabledBecause: "gone" });
  });

  it("is not followed elsewhere", async () => {
    const { receiver, hook } = await hooked(307, { location: "/elsewhere" });
    await addressee();
    await lineOf(hook, ({ reason }) => reason === "redirect");
    expect(new Set(receiver.received.map(({ path }) => path))).toEqual(new Set(["/hook"]));
  });

  it("gets both signatures after its secret was rotated", async () => {
    const { receiver, hook } = await hooked();
    const next = await cluster.call<NewWebhook>(key, "POST", `/api/webhooks/${hook.id}/rotate`);
    await addressee();
    await lineOf(hook, ({ state }) => state === "sent");
    const [request] = receiver.received as [Received];
    expect([hook.secret, next.secret].map((secret) => verified(secret, request))).toEqual([true, true]);
    expect(next.secret).not.toBe(hook.secret);
  });

  it("that was removed is told nothing more", async () => {
    const { receiver, hook } = await hooked(500);
    await addressee();
    await eventually(
      "an attempt",
      () => receiver.received.length,
      (count) => count > 0,
    );
    await cluster.call(key, "DELETE", `/api/webhooks/${hook.id}`);
    const [line] = await eventually(
      "the line to be dropped",
      () => cluster.sql("SELECT state, reason FROM deliveries WHERE target = $1", [hook.id]),
      ([row]) => row?.state === "dropped",
    );
    expect(line).toEqual({ state: "dropped", reason: "webhook_gone" });
  });
});

describe("what is needless by the time it would be sent", () => {
  /** Lets the receiver fail until the person did something, and answers why nothing was sent then. */
  async function afterwards(act: (given: Awaited<ReturnType<typeof addressee>>) => Promise<unknown>) {
    const { receiver, hook } = await hooked(500);
    const given = await addressee();
    await eventually(
      "an attempt",
      () => receiver.received.length,
      (count) => count > 0,
    );
    await act(given);
    // An attempt that began before it may still be on its way.
    await eventually(
      "the attempt under way",
      () => cluster.sql("SELECT FROM deliveries WHERE target = $1 AND stage = 'begun'", [hook.id]),
      (rows) => rows.length === 0,
    );
    receiver.answer(200);
    const line = await lineOf(hook, ({ state }) => state === "dropped");
    expect(receiver.received.filter(({ status }) => status === 200)).toEqual([]);
    return line.reason;
  }
  const path = (id: string, what: string) => `/api/messages/conversations/${id}/${what}`;

  it.each<[string, string, (given: Awaited<ReturnType<typeof addressee>>) => Promise<unknown>]>([
    [
      "was read",
      "read",
      ({ ben, conversation: { id } }) => cluster.call(ben, "POST", path(id, "read"), { seq: 1 }),
    ],
    ["was seen in the bell", "read", ({ ben }) => cluster.call(ben, "POST", "/api/notifications/read")],
    [
      "was muted",
      "muted",
      ({ ben, conversation: { id } }) => cluster.call(ben, "POST", path(id, "mute"), {}),
    ],
    [
      "was deleted",
      "deleted",
      ({ conversation: { id } }) => sender.ok("delete_message", { conversationId: id, seq: 1 }),
    ],
    [
      "is not wanted by this way",
      "unwanted",
      ({ ben }) =>
        cluster.call(ben, "PUT", "/api/notifications/preferences", {
          channels: { webhook: false },
          quietHours: null,
        }),
    ],
    [
      "has a successor",
      "superseded",
      async ({ conversation: { id } }) => {
        await cluster.send(sender, id, "newer");
        // The successor's own line is not this test's.
        await eventually(
          "the successor",
          () =>
            cluster.sql("DELETE FROM deliveries WHERE conversation_id = $1 AND seq = 2 RETURNING 1", [id]),
          (rows) => rows.length > 0,
        );
      },
    ],
  ])("%s: dropped as %s", async (_, reason, act) => expect(await afterwards(act)).toBe(reason));

  it("costs no jobs: of a busy conversation's lines that waited for a place, one is handed out", async () => {
    const { receiver, hook } = await hooked();
    const { ben, conversation } = await addressee("first");
    await lineOf(hook, ({ state }) => state === "sent");
    // No place for now: what comes is planned and waits.
    await cluster.sql("UPDATE webhooks SET disabled_at = now(), disabled_because = 'asked' WHERE id = $1", [
      hook.id,
    ]);
    const lines = () =>
      cluster.sql<{ seq: string; state: string; reason: string | null; takes: number }>(
        "SELECT seq, state, reason, takes FROM deliveries WHERE target = $1 AND user_id = $2 ORDER BY seq",
        [hook.id, ben.id],
      );
    const planned = 20;
    await cluster.sql(
      `INSERT INTO deliveries (channel, target, user_id, conversation_id, seq)
        SELECT 'webhook', $1, $2, $3, 1 + n FROM generate_series(1, ${planned}) AS n`,
      [hook.id, ben.id, conversation.id],
    );
    for (let n = 1; n <= planned; n += 1) await cluster.send(sender, conversation.id, `busy ${n}`);
    await eventually(
      "the newest line",
      () => cluster.sql<{ seq: string }>("SELECT seq FROM notifications WHERE user_id = $1", [ben.id]),
      ([line]) => Number(line?.seq) === 1 + planned,
    );
    await cluster.sql("UPDATE webhooks SET disabled_at = NULL, disabled_because = NULL WHERE id = $1", [
      hook.id,
    ]);
    const [, ...rest] = await eventually("all of them", lines, (rows) =>
      rows.every(({ state }) => state !== "waiting"),
    );
    expect(rest.slice(0, -1).map(({ reason, takes }) => [reason, takes])).toEqual(
      Array.from({ length: planned - 1 }, () => ["superseded", 0]),
    );
    expect(rest.at(-1)).toMatchObject({ state: "sent", takes: 1 });
    expect(receiver.received.map((request) => eventOf(request).data.notification.seq)).toEqual([
      1,
      1 + planned,
    ]);
  });

  it("waits in quiet hours until they end", async () => {
    const { receiver, hook } = await hooked();
    const ben = await cluster.person("ben");
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
    const quietHours = { zone: "UTC", from: inHours(-2), to: inHours(2) };
    await cluster.call(ben, "PUT", "/api/notifications/preferences", { channels: {}, quietHours });
    const { id } = await cluster.conversation(ana, ben);
    await cluster.send(sender, id, "good night");
    const line = await lineOf(hook, ({ dueAt }) => Date.parse(dueAt) - Date.now() > 3_600_000);
    expect(line).toMatchObject({ state: "waiting", attempts: 0 });
    expect(line.dueAt.slice(11, 16)).toBe(quietHours.to);
    // They end: here by another wish.
    await cluster.call(ben, "PUT", "/api/notifications/preferences", { channels: {}, quietHours: null });
    await cluster.sql("UPDATE deliveries SET due_at = now() WHERE id = $1", [line.id]);
    await lineOf(hook, ({ state }) => state === "sent");
    expect(receiver.received).toHaveLength(1);
  });

  it("is whatever a member of a muted conversation, or who looks at it, gets; and every private note", async () => {
    const { receiver } = await hooked();
    const [zoe, kim] = [await cluster.person("zoe"), await cluster.person("kim", "agent")];
    const base = "/api/messages/conversations";
    const { id } = await cluster.call<{ id: string }>(zoe, "POST", base, { kind: "support" });
    const note = { clientNoteId: randomUUID(), content: "difficult customer" };
    await cluster.call(kim, "POST", `${base}/${id}/notes`, note);
    const muted = await cluster.conversation(ana, zoe);
    await cluster.call(zoe, "POST", `${base}/${muted.id}/mute`, {});
    await cluster.send(sender, muted.id, "muted");
    // What comes later would not come before what came earlier: one job after the other.
    const { ben } = await addressee("barrier");
    await eventually(
      "the barrier",
      () => receiver.received.length,
      (count) => count > 0,
    );
    expect(receiver.received.map((request) => eventOf(request).data.userId)).toEqual([ben.id]);
    const ledger = await cluster.sql("SELECT 1 FROM deliveries WHERE user_id = ANY ($1)", [[zoe.id, kim.id]]);
    expect(ledger).toEqual([]);
  });
});

describe("what no lane leads to, and what always ends its worker", () => {
  /** Somebody whose line was written while there was no webhook. */
  async function untold() {
    const given = await addressee();
    await eventually(
      "the line",
      () => cluster.sql("SELECT FROM notifications WHERE user_id = $1", [given.ben.id]),
      (rows) => rows.length > 0,
    );
    return given;
  }

  it("is given up when its webhook is gone: planned in the moment in which that was deleted", async () => {
    const { ben, conversation } = await untold();
    const [orphan] = await cluster.sql<{ id: string }>(
      `INSERT INTO deliveries (channel, target, user_id, conversation_id, seq)
        VALUES ('webhook', gen_random_uuid(), $1, $2, 1) RETURNING id`,
      [ben.id, conversation.id],
    );
    const job: MaintenanceJob = { task: "ledger" };
    await queue.add(queues.maintenance.name, job);
    const [line] = await eventually(
      "the orphan",
      () => cluster.sql("SELECT state, reason FROM deliveries WHERE id = $1", [orphan!.id]),
      ([row]) => row?.state !== "waiting",
    );
    expect(line).toEqual({ state: "dropped", reason: "webhook_gone" });
  });

  it("is dead after its attempts: begun so often and ended by none of them", async () => {
    const { ben, conversation } = await untold();
    const { receiver, hook } = await hooked();
    // As if every attempt had been the end of its worker: counted when it began, and nothing written after it.
    await cluster.sql(
      `INSERT INTO deliveries (channel, target, user_id, conversation_id, seq, attempts, takes)
        VALUES ('webhook', $1, $2, $3, 1, ${queues.webhooks.attempts}, ${queues.webhooks.attempts})`,
      [hook.id, ben.id, conversation.id],
    );
    await lineOf(hook, ({ state, reason }) => state === "dead" && reason === "unfinished");
    expect(receiver.received).toEqual([]);
  });
});

describe("managing webhooks", () => {
  it("needs an admin, or a key with the scope", async () => {
    const admin = await cluster.person("sam", "admin");
    const make = (scope: string) =>
      cluster.call<NewServerKey>(admin, "POST", "/api/keys", { name: "k", scopes: [scope] });
    const able = await make("webhooks:manage");
    const unable = await make("stats:read");
    const status = async (bearer: string | null) =>
      (await cluster.request(bearer, "GET", "/api/webhooks")).status;
    const agent = await cluster.person("kim", "agent");
    const bearers = [admin.token, able.key, serverKey, unable.key, agent.token, ana.token, null];
    expect(await Promise.all(bearers.map(status))).toEqual([200, 200, 200, 403, 403, 403, 401]);
  });

  it("shows a secret once, and records what was done", async () => {
    const { hook } = await hooked();
    const { secret, ...shown } = hook;
    expect(await hookNow(hook)).toEqual(shown);
    await cluster.call(key, "PATCH", `/api/webhooks/${hook.id}`, { name: "other", enabled: false });
    await cluster.call(key, "DELETE", `/api/webhooks/${hook.id}`);
    const audit = await cluster.call<{ items: { action: string }[] }>(
      key,
      "GET",
      `/api/audit?target=${hook.id}`,
    );
    const actions = audit.items.map(({ action }) => action);
    expect(actions).toEqual(["webhook.deleted", "webhook.changed", "webhook.created"]);
    expect(JSON.stringify(audit)).not.toContain(secret);
  });

  it("of one that is not there is NOT_FOUND", async () => {
    const id = randomUUID();
    const asks: [string, string, object?][] = [
      ["PATCH", "", { name: "x" }],
      ["DELETE", ""],
      ["POST", "/rotate"],
      ["GET", "/deliveries"],
      ["POST", "/replay"],
    ];
    for (const [method, rest, body] of asks) {
      const answer = await cluster.rest(key, method, `/api/webhooks/${id}${rest}`, body);
      expect([method, rest, answer.body.error?.code]).toEqual([method, rest, "NOT_FOUND"]);
    }
  });

  it(`ends at ${maxWebhooks}`, async () => {
    const url = "https://hooks.example/x";
    for (let count = 0; count < maxWebhooks; count++)
      await cluster.call(key, "POST", "/api/webhooks", { url });
    const { body } = await cluster.rest(key, "POST", "/api/webhooks", { url });
    expect(body.error?.code).toBe("CONFLICT");
  });

  it.each<[string, unknown]>([
    ["no url", {}],
    ["no web address", { url: "ftp://example.org" }],
    ["a script", { url: "javascript:alert(1)" }],
    ["credentials", { url: "https://user:secret@example.org" }],
    ["a fragment", { url: "https://example.org/#x" }],
    ["a private address", { url: "https://10.0.0.1/" }],
    ["the machine itself, in another way", { url: "http://0x7f000002/" }],
    ["the metadata of a cloud", { url: "http://169.254.169.254/latest" }],
    ["an address of IPv6 that is not public", { url: "https://[fd00::1]/" }],
    ["plain http to a public address", { url: "http://93.184.216.34/" }],
    ["a NUL", { url: "https://example.org/\u0000" }],
    ["too much", { url: `https://example.org/${"x".repeat(2_048)}` }],
    ["a list", { url: ["https://example.org"] }],
    ["an unknown field", { url: "https://example.org", secret: "mine" }],
    ["a name with a lone surrogate", { url: "https://example.org", name: "\ud800" }],
  ])("with %s is INVALID", async (_, body) => {
    const answer = await cluster.rest(key, "POST", "/api/webhooks", body);
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });

  it.each<[string, string, object?]>([
    ["PATCH", "", {}],
    ["PATCH", "", { enabled: "yes" }],
    ["PATCH", "", { url: "https://127.0.0.2/" }],
    ["POST", "/replay", { ids: [] }],
    ["POST", "/replay", { ids: ["1"] }],
    ["GET", "/deliveries?state=lost"],
    ["GET", "/deliveries?limit=0"],
    ["GET", "/deliveries?cursor=AAAA"],
  ])("%s %s %o is INVALID", async (method, rest, body) => {
    const { hook } = await hooked();
    const answer = await cluster.rest(key, method, `/api/webhooks/${hook.id}${rest}`, body);
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });
});
