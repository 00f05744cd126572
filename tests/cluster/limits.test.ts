import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster } from "./cluster.ts";

const burst = 5;
const cluster = await startCluster({
  gateways: 1,
  apis: 1,
  balancer: true,
  env: {
    LIMIT_SENDS_PER_SECOND: "1",
    LIMIT_SEND_BURST: String(burst),
    LIMIT_EVENTS_PER_MINUTE: "30",
    LIMIT_JOINS_PER_MINUTE: "20",
    LIMIT_CHANNEL_EVENTS_PER_SECOND: "1",
    LIMIT_SOCKETS_PER_USER: "10",
    LIMIT_OPEN_REQUESTS_PER_SECOND: "1",
  },
});
afterAll(() => cluster.stop());

async function pair() {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  return { ana, ben, id };
}

describe("a burst of sends", () => {
  it("beyond the limit is RATE_LIMITED with retryAfterMs, in part, and the connection stays", async () => {
    const { ana, id } = await pair();
    const socket = await cluster.socket(ana);
    const payload = () => ({ conversationId: id, clientMessageId: randomUUID(), content: "burst" });
    const acks = await Promise.all(Array.from({ length: 30 }, () => socket.emit("send_message", payload())));
    const refused = acks.flatMap((ack) => (ack.ok ? [] : [ack.error]));
    expect(acks.length - refused.length).toBeGreaterThanOrEqual(burst);
    expect(refused.length).toBeGreaterThanOrEqual(20);
    for (const error of refused) {
      expect(error).toMatchObject({ code: "RATE_LIMITED", retryable: true });
      expect(error.retryAfterMs).toBeGreaterThan(0);
      expect(error.retryAfterMs).toBeLessThanOrEqual(1_000);
    }
    // What was refused was not written.
    const rows = await cluster.sql("SELECT FROM messages WHERE conversation_id = $1", [id]);
    expect(rows).toHaveLength(acks.length - refused.length);
    await eventually(
      "a token to flow in",
      () => socket.emit("send_message", payload()),
      (ack) => ack.ok,
    );
  });

  it("costs nobody else anything", async () => {
    const { ana, ben, id } = await pair();
    const [loud, calm] = [await cluster.socket(ana), await cluster.socket(ben)];
    await Promise.all(
      Array.from({ length: 20 }, () =>
        loud.emit("send_message", { conversationId: id, clientMessageId: randomUUID(), content: "loud" }),
      ),
    );
    for (let n = 0; n < burst; n++) await cluster.send(calm, id, "calm");
  });

  it("is limited over all sockets of one person together", async () => {
    const { ana, id } = await pair();
    const sockets = [await cluster.socket(ana), await cluster.socket(ana)];
    const acks = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        sockets[n % 2]!.emit("send_message", {
          conversationId: id,
          clientMessageId: randomUUID(),
          content: "x",
        }),
      ),
    );
    expect(acks.filter((ack) => ack.ok).length).toBeLessThanOrEqual(burst + 3);
  });

  it("by REST is 429 with retryAfterMs and Retry-After", async () => {
    const { ana, id } = await pair();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        cluster.rest(ana, "POST", "/api/messages", {
          conversationId: id,
          clientMessageId: randomUUID(),
          content: "x",
        }),
      ),
    );
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    for (const { body, headers } of refused) {
      expect(body.error).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: expect.any(Number) });
      expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    }
  });
});

describe("requests with credentials that count for nothing", () => {
  it("are limited by address, 429 after so many 401s; right ones from there are not", async () => {
    const bad = (n: number) => cluster.request(`not-a-token-${n}`, "GET", "/api/me");
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => bad(n)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    // Wherever each of them claims to come from: with limits of their own all would be 401.
    const forged = Array.from({ length: 30 }, (_, n) => ({
      authorization: "Bearer not-a-token",
      "x-forwarded-for": `203.0.113.${n}`,
    }));
    const asked = forged.map((headers) => fetch(`${cluster.url}/api/me`, { headers }));
    expect((await Promise.all(asked)).map(({ status }) => status)).toContain(429);
    const { values } = await cluster.apis[0]!.metrics.get("parloir_limit_refusals_total").get();
    expect(values.find(({ labels }) => labels.limit === "open")?.value).toBeGreaterThanOrEqual(2);
    const ana = await cluster.person("ana");
    expect((await cluster.rest(ana, "GET", "/api/me")).status).toBe(200);
  });
});

describe("handshakes with credentials that count for nothing", () => {
  const codeOf = async (entrance: string, extraHeaders: Record<string, string> = {}) => {
    const socket = cluster.connect(`not-a-token-${randomUUID()}`, entrance, { extraHeaders });
    const { code } = (await socket.refusal()) as { code: string };
    socket.close();
    return code;
  };
  const flood = (entrance: string, headers: (n: number) => Record<string, string>) =>
    Promise.all(Array.from({ length: 40 }, (_, n) => codeOf(entrance, headers(n))));

  it("are limited by address, whatever they claim it to be; right ones from there are not", async () => {
    const forged = (n: number) => ({ "x-forwarded-for": `203.0.113.${n}` });
    expect(await flood(cluster.url, forged)).toContain("RATE_LIMITED");
    await cluster.socket(await cluster.person("ana"));
  });

  it("cost other addresses nothing", async () => {
    // As the balancer would tell of them.
    const [{ url }] = cluster.gateways as [(typeof cluster.gateways)[0]];
    const from = (address: string) => ({ "x-forwarded-for": address });
    const codes = await flood(url, () => from("198.51.100.7"));
    expect(new Set(codes)).toEqual(new Set(["UNAUTHENTICATED", "RATE_LIMITED"]));
    expect(await codeOf(url, from("198.51.100.8"))).toBe("UNAUTHENTICATED");
  });
});

describe("requests without credentials", () => {
  // Not by the balancer, which replaces what they claim to come from.
  const ask = (address: string, path = "/api/sign-in") =>
    fetch(`${cluster.apis[0]!.url}${path}`, { headers: { "x-forwarded-for": address } });

  it.each([
    ["address", "203.0.113.7", "203.0.113.7", "203.0.113.8"],
    ["IPv6 network", "2001:db8:1:2::1", "2001:db8:1:2:3::4", "2001:db8:1:3::1"],
  ])("are limited by %s, and nobody else's", async (_, one, same, other) => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(one)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    for (const answer of refused) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    const again = await Promise.all(Array.from({ length: 40 }, () => ask(same)));
    expect(again.map(({ status }) => status)).toContain(429);
    expect((await ask(other)).status).toBe(200);
    const ana = await cluster.person("ana");
    const headers = { authorization: `Bearer ${ana.token}`, "x-forwarded-for": one };
    expect((await fetch(`${cluster.apis[0]!.url}/api/me`, { headers })).status).toBe(200);
  });
});

describe("other commands", () => {
  it.each([
    ["mark_read", (id: string) => ({ conversationId: id, seq: 0 })],
    ["sync", (id: string) => ({ cursors: { [id]: 0 } })],
    ["join_conversation", (id: string) => ({ conversationId: id })],
    ["leave_conversation", (id: string) => ({ conversationId: id })],
    ["no_such_event", () => ({})],
  ])("are limited as well: %s", async (command, payloadOf) => {
    const { ana, id } = await pair();
    const socket = await cluster.socket(ana);
    const acks = await Promise.all(
      Array.from({ length: 60 }, () => socket.emit(command as "sync", payloadOf(id))),
    );
    const codes = acks.flatMap((ack) => (ack.ok ? [] : [ack.error.code]));
    expect(codes.filter((code) => code === "RATE_LIMITED").length).toBeGreaterThanOrEqual(20);
    expect(socket.raw.connected).toBe(true);
    await socket.ok("heartbeat", {});
  });

  it("in a flood of refusals end the connection, and only this one", async () => {
    const { ana, ben } = await pair();
    const [flood, calm] = [await cluster.socket(ana), await cluster.socket(ben)];
    for (let n = 0; n < 400; n++) flood.raw.emit("no_such_event", {});
    expect(await flood.disconnected()).toBe("transport close");
    await calm.ok("heartbeat", {});
  });

  it("typing in a flood is dropped, not refused", async () => {
    const { ana, ben, id } = await pair();
    const [flood, calm] = [await cluster.socket(ana), await cluster.socket(ben)];
    const typing = { conversationId: id, isTyping: true };
    const acks = await Promise.all(Array.from({ length: 200 }, () => flood.emit("typing", typing)));
    expect(acks.every((ack) => ack.ok)).toBe(true);
    await cluster.send(flood, id);
    await calm.messages(id, 1);
    expect(calm.all("user_typing").length).toBeLessThan(20);
  });
});

describe("an 11th socket of one person", () => {
  const limited = { code: "RATE_LIMITED", retryable: true };

  it("is refused, and there is room again when one has gone", async () => {
    const ana = await cluster.person("ana");
    const sockets = [];
    for (let n = 0; n < 10; n++) sockets.push(await cluster.socket(ana));
    expect(await cluster.connect(ana.token).refusal()).toMatchObject(limited);
    await Promise.all(sockets.map((socket) => socket.ok("heartbeat", {})));
    sockets[0]!.close();
    await eventually(
      "room for one more",
      async () => {
        const next = cluster.connect(ana.token);
        return next.ready().then(
          () => true,
          () => false,
        );
      },
      (admitted) => admitted,
    );
  });

  it("is refused also when all of them come at once", async () => {
    const ana = await cluster.person("ana");
    const sockets = Array.from({ length: 30 }, () => cluster.connect(ana.token));
    const outcomes = await Promise.all(
      sockets.map((socket) =>
        socket.ready().then(
          () => "admitted",
          () => "refused",
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "admitted")).toHaveLength(10);
  });
});

describe("events of one channel", () => {
  it("beyond the limit are RATE_LIMITED with retryAfterMs and not stored; another channel's are not", async () => {
    const publish = (channel: string) =>
      cluster.rest({ token: serverKey }, "POST", `/api/channels/${channel}/events`, {
        event: "x",
        payload: {},
      });
    const answers = await Promise.all(Array.from({ length: 20 }, () => publish("ticket:loud")));
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { body } of refused)
      expect(body.error).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: expect.any(Number) });
    const rows = await cluster.sql("SELECT FROM channel_events WHERE channel = 'ticket:loud'");
    expect(rows).toHaveLength(answers.length - refused.length);
    expect((await publish("ticket:calm")).status).toBe(201);
  });
});
