import { createHmac, randomUUID } from "node:crypto";
import { type Call, type IceServers, maxSdpCharacters, type Signal } from "@parloir/contracts/calls.ts";
import type { HistoryPage, UnreadSummary } from "@parloir/contracts/http.ts";
import type { EndedCallItem } from "@parloir/contracts/internal.ts";
import type { NotificationList } from "@parloir/contracts/notifications.ts";
import type { Conversation, Message } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const turnSecret = "a-secret-that-only-the-relay-knows-too";
const cluster = await startCluster({
  gateways: 2,
  env: { STUN_URLS: "stun:stun.example:3478", TURN_URLS: "turn:turn.example:3478", TURN_SECRET: turnSecret },
});
afterAll(() => cluster.stop());

/** Two people on two gateways, and how each speaks about one call. */
async function pair() {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id: conversationId } = await cluster.conversation(ana, ben);
  const [anaSocket, benSocket] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
  return { ana, ben, conversationId, anaSocket, benSocket };
}

const starting = (conversationId: string) => ({
  conversationId,
  callId: randomUUID(),
  deviceId: randomUUID(),
});

const told = (socket: TestSocket, callId: string, status: Call["status"]) =>
  socket.waitFor("call_updated", (call) => call.id === callId && call.status === status);

async function active() {
  const people = await pair();
  const start = starting(people.conversationId);
  await people.anaSocket.ok("start_call", start);
  await told(people.benSocket, start.callId, "ringing");
  const accept = { callId: start.callId, deviceId: randomUUID() };
  await people.benSocket.ok("accept_call", accept);
  return { ...people, start, accept, callId: start.callId };
}

const offer: Signal = { type: "offer", round: 1, sdp: "v=0" };

describe("a call", () => {
  it("rings at every page of the other one, is answered by one of them, and signals go between the two", async () => {
    const { ana, ben, conversationId, anaSocket, benSocket } = await pair();
    const [otherOfBen, otherOfAna] = [await cluster.socket(ben, 0), await cluster.socket(ana, 1)];
    const start = starting(conversationId);
    const { callId } = start;
    const ringing = await anaSocket.ok("start_call", start);
    expect(ringing).toMatchObject({ status: "ringing", callerId: ana.id, calleeId: ben.id });
    for (const socket of [benSocket, otherOfBen])
      expect(await told(socket, callId, "ringing")).toEqual(ringing);
    const deviceId = randomUUID();
    const answered = await benSocket.ok("accept_call", { callId, deviceId });
    expect(answered).toMatchObject({ status: "active", calleeDevice: deviceId });
    for (const socket of [anaSocket, otherOfBen, otherOfAna])
      expect(await told(socket, callId, "active")).toEqual(answered);

    await anaSocket.ok("signal_call", { callId, signal: offer });
    expect(await benSocket.waitFor("call_signal")).toEqual({ callId, signal: offer });
    await benSocket.ok("signal_call", { callId, signal: { type: "media", audio: true, video: false } });
    await anaSocket.waitFor("call_signal", ({ signal }) => signal.type === "media");

    await benSocket.ok("end_call", { callId });
    const endings = await Promise.all([anaSocket, otherOfBen].map((each) => told(each, callId, "ended")));
    for (const call of endings) expect(call).toMatchObject({ ending: "hung_up" });
    // Pages that are not in the call were told nothing of how to reach it, and one's own signal is no news.
    for (const socket of [otherOfAna, otherOfBen]) expect(socket.all("call_signal")).toEqual([]);
    expect(anaSocket.all("call_signal")).toHaveLength(1);
    expect(await anaSocket.refused("signal_call", { callId, signal: offer })).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("of two devices that answer at once one has it; again it is the same answer", async () => {
    const { ben, conversationId, anaSocket, benSocket } = await pair();
    const other = await cluster.socket(ben, 0);
    const { callId, ...start } = starting(conversationId);
    await anaSocket.ok("start_call", { callId, ...start });
    const devices: string[] = [randomUUID(), randomUUID()];
    const acks = await Promise.all(
      [benSocket, other].map((socket, n) => socket.emit("accept_call", { callId, deviceId: devices[n] })),
    );
    const winners = acks.flatMap((ack) => (ack.ok ? [ack.data] : []));
    const losers = acks.flatMap((ack) => (ack.ok ? [] : [ack.error]));
    expect(losers).toMatchObject([{ code: "CONFLICT" }]);
    const won = devices.indexOf(winners[0]!.calleeDevice ?? "");
    const again = await [benSocket, other][won]!.ok("accept_call", { callId, deviceId: devices[won] });
    expect(again).toEqual(winners[0]);
    // And whoever was late cannot decline what the other has answered.
    const late = await [other, benSocket][won]!.refused("decline_call", { callId });
    expect(late).toMatchObject({ code: "CONFLICT" });
  });

  it("is declined, cancelled, unanswered or failed, as its people say, and stays as it ended", async () => {
    const { conversationId, anaSocket, benSocket } = await pair();
    const endings: [(callId: string) => Promise<Call>, Call["ending"]][] = [
      [(callId) => benSocket.ok("decline_call", { callId }), "declined"],
      [(callId) => benSocket.ok("end_call", { callId }), "declined"],
      [(callId) => anaSocket.ok("end_call", { callId }), "cancelled"],
      [(callId) => anaSocket.ok("end_call", { callId, because: "unanswered" }), "unanswered"],
      [(callId) => anaSocket.ok("end_call", { callId, because: "failed" }), "failed"],
    ];
    for (const [end, ending] of endings) {
      const start = starting(conversationId);
      await anaSocket.ok("start_call", start);
      const call = await end(start.callId);
      expect(call).toMatchObject({ status: "ended", ending });
      for (const socket of [anaSocket, benSocket])
        expect(await told(socket, start.callId, "ended")).toEqual(call);
      expect(await anaSocket.ok("end_call", { callId: start.callId })).toEqual(call);
      const accept = { callId: start.callId, deviceId: randomUUID() };
      expect(await benSocket.refused("accept_call", accept)).toMatchObject({ code: "CONFLICT" });
    }
  });

  it("finds who is in another call busy, and both are free again afterwards", async () => {
    const { ben, callId, anaSocket, benSocket } = await active();
    const cal = await cluster.person("cal");
    const { id } = await cluster.conversation(cal, ben);
    const calSocket = await cluster.socket(cal, 0);
    const start = starting(id);
    expect(await calSocket.ok("start_call", start)).toMatchObject({ status: "ended", ending: "busy" });
    await told(benSocket, start.callId, "ended");
    expect(await benSocket.refused("start_call", starting(id))).toMatchObject({ code: "CONFLICT" });
    await anaSocket.ok("end_call", { callId });
    expect(await calSocket.ok("start_call", starting(id))).toMatchObject({ status: "ringing" });
  });

  it("that both begin at the same moment is one call", async () => {
    const { ana, ben, conversationId, anaSocket, benSocket } = await pair();
    const [one, other] = await Promise.all([
      anaSocket.ok("start_call", starting(conversationId)),
      benSocket.ok("start_call", starting(conversationId)),
    ]);
    expect(one).toEqual(other);
    const callee = one.calleeId === ana.id ? anaSocket : benSocket;
    expect([ana.id, ben.id]).toContain(one.calleeId);
    await callee.ok("accept_call", { callId: one.id, deviceId: randomUUID() });
    for (const socket of [anaSocket, benSocket]) await told(socket, one.id, "active");
  });

  it("begun again after a lost ack is the same call; the id is nobody else's", async () => {
    const { conversationId, anaSocket, benSocket } = await pair();
    const start = starting(conversationId);
    const call = await anaSocket.ok("start_call", start);
    expect(await anaSocket.ok("start_call", start)).toEqual(call);
    expect(await benSocket.refused("start_call", start)).toMatchObject({ code: "CONFLICT" });
    const elsewhere = { ...start, deviceId: randomUUID() };
    expect(await anaSocket.refused("start_call", elsewhere)).toMatchObject({ code: "CONFLICT" });
  });
});

describe("in its conversation", () => {
  const isOfCall = ({ system }: Message) => system?.event === "called";
  const linesIn = async (person: TestPerson, conversationId: string) => {
    const path = `/api/messages?conversationId=${conversationId}&after=0`;
    return (await cluster.call<HistoryPage>(person, "GET", path)).messages.filter(isOfCall);
  };

  it("a call leaves one line, the same to both, which is nobody's unread message", async () => {
    const { ana, ben, conversationId, callId, anaSocket, benSocket } = await active();
    await cluster.send(anaSocket, conversationId, "can you hear me?");
    await Promise.all([anaSocket, benSocket].map((socket) => socket.ok("end_call", { callId })));
    const line = await benSocket.waitFor("new_message", isOfCall);
    expect(line).toMatchObject({ seq: 2, kind: "system", senderId: "parloir:system" });
    expect(line.system).toEqual({
      event: "called",
      actor: { userId: ana.id, name: ana.name },
      person: { userId: ben.id, name: ben.name },
      call: { ending: "hung_up", seconds: expect.any(Number) },
    });
    expect(await anaSocket.waitFor("new_message", isOfCall)).toEqual(line);
    // Both hung up, and one of them again: it ended once.
    await anaSocket.ok("end_call", { callId });
    await cluster.send(benSocket, conversationId, "bye");
    await anaSocket.messages(conversationId, 3);
    expect(await linesIn(ana, conversationId)).toEqual([line]);
    const unread = await cluster.call<UnreadSummary>(ana, "GET", "/api/messages/unread");
    expect(unread.conversations).toEqual({ [conversationId]: 1 });
  });

  it("one that nobody answered says how it came to nothing, also where the other one was busy", async () => {
    const { ana, conversationId, anaSocket, benSocket } = await pair();
    for (const end of [
      (callId: string) => benSocket.ok("decline_call", { callId }),
      (callId: string) => anaSocket.ok("end_call", { callId, because: "unanswered" }),
      (callId: string) => anaSocket.ok("end_call", { callId }),
    ]) {
      const start = starting(conversationId);
      await anaSocket.ok("start_call", start);
      await end(start.callId);
      await told(benSocket, start.callId, "ended");
    }
    const { ben, conversationId: elsewhere } = await active();
    const cal = await cluster.person("cal");
    const { id } = await cluster.conversation(cal, ben);
    await (await cluster.socket(cal, 0)).ok("start_call", starting(id));
    const linesOnce = (person: TestPerson, inside: string, length: number) =>
      eventually(
        "a line of each call",
        () => linesIn(person, inside),
        (all) => all.length === length,
      );
    const [busy] = await linesOnce(ben, id, 1);
    expect(busy?.system).toMatchObject({
      actor: { userId: cal.id },
      call: { ending: "busy", seconds: null },
    });
    const lines = await linesOnce(ana, conversationId, 3);
    expect(lines.map(({ system }) => system?.call)).toEqual(
      ["declined", "unanswered", "cancelled"].map((ending) => ({ ending, seconds: null })),
    );
    // That call goes on.
    expect(await linesIn(ben, elsewhere)).toEqual([]);
  });

  it("one that nobody answered is a line of the bell of who missed it, until the conversation is read", async () => {
    const { ana, ben, conversationId, anaSocket, benSocket } = await pair();
    const bell = (person: TestPerson) => cluster.call<NotificationList>(person, "GET", "/api/notifications");
    const call = async (end: (callId: string) => Promise<Call>) => {
      const start = starting(conversationId);
      await anaSocket.ok("start_call", start);
      await end(start.callId);
    };
    const hangUp = (callId: string) => anaSocket.ok("end_call", { callId });
    const raised = (seq: number) =>
      benSocket.waitFor("notification", (line) => line.type === "call" && line.seq === seq);
    await call(hangUp);
    const first = await raised(1);
    expect(first).toMatchObject({ conversationId, count: 1, title: ana.name, readAt: null });
    await call((callId) => anaSocket.ok("end_call", { callId, because: "unanswered" }));
    const second = await raised(2);
    expect(second).toMatchObject({ id: first.id, count: 2 });
    expect(await bell(ben)).toMatchObject({ items: [second], unread: 1 });
    expect(await bell(ana)).toMatchObject({ items: [], unread: 0 });
    // What one declines one has not missed, and who has muted the conversation is told of nothing.
    await call((callId) => benSocket.ok("decline_call", { callId }));
    await cluster.call(ben, "POST", `/api/messages/conversations/${conversationId}/mute`, {});
    await call(hangUp);
    await eventually(
      "a line of each call",
      () => linesIn(ben, conversationId),
      (all) => all.length === 4,
    );
    expect(await bell(ben)).toMatchObject({ items: [second], unread: 1 });

    await benSocket.ok("mark_read", { conversationId, seq: 1 });
    expect(await bell(ben)).toMatchObject({ unread: 1 });
    await benSocket.ok("mark_read", { conversationId, seq: 4 });
    expect(await bell(ben)).toMatchObject({
      items: [{ id: first.id, readAt: expect.any(String) }],
      unread: 0,
    });
    await cluster.call(ben, "POST", `/api/messages/conversations/${conversationId}/mute`, { until: null });
    await call(hangUp);
    const later = await raised(5).then(() => bell(ben));
    expect(later).toMatchObject({ items: [{ type: "call", count: 1, readAt: null }, { id: first.id }] });
  });

  it("the call of an api that was told twice is one line, an id that is used again another call", async () => {
    const { ana, ben, conversationId } = await pair();
    const item: EndedCallItem = {
      callId: randomUUID(),
      conversationId,
      callerId: ana.id,
      calleeId: ben.id,
      startedAt: "2026-01-01T00:00:00.000Z",
      ending: "hung_up",
      seconds: 61,
    };
    const items = [item, item, { ...item, startedAt: "2026-01-01T00:10:00.000Z" }];
    const tell = async (told: unknown[]) => {
      const response = await fetch(`${cluster.apis[0]!.privateUrl}/internal/endedCalls`, {
        method: "POST",
        headers: { authorization: "Bearer development-internal-secret", "content-type": "application/json" },
        body: JSON.stringify({ items: told }),
      });
      return response.json();
    };
    const done = { ok: true };
    expect(await tell([...items, { ...item, conversationId: randomUUID() }])).toMatchObject({
      results: [done, done, done, { error: { code: "NOT_FOUND" } }],
    });
    expect((await linesIn(ben, conversationId)).map(({ seq }) => seq)).toEqual([1, 2]);
    const missed = { ...item, callId: randomUUID(), ending: "unanswered", seconds: null };
    await tell([missed, missed]);
    const { items: bell } = await cluster.call<NotificationList>(ben, "GET", "/api/notifications");
    expect(bell).toMatchObject([{ type: "call", count: 1, seq: 3 }]);
  });
});

describe("a device in a call", () => {
  it("comes back by another gateway, and signals reach it there", async () => {
    const { ana, benSocket, anaSocket, callId, start } = await active();
    anaSocket.close();
    const back = await cluster.socket(ana, 1);
    const refused = await back.refused("signal_call", { callId, signal: offer });
    expect(refused).toMatchObject({ code: "NOT_FOUND" });
    const joined = await back.ok("join_call", { callId, deviceId: start.deviceId });
    expect(joined).toMatchObject({ status: "active" });
    await back.ok("signal_call", { callId, signal: offer });
    await benSocket.waitFor("call_signal");
    await benSocket.ok("signal_call", { callId, signal: { ...offer, type: "answer" } });
    await back.waitFor("call_signal");
  });

  it("is the one that began or answered: another one of the same person does not get in", async () => {
    const { ben, callId } = await active();
    const other = await cluster.socket(ben, 0);
    const join = { callId, deviceId: randomUUID() };
    expect(await other.refused("join_call", join)).toMatchObject({ code: "CONFLICT" });
    expect(await other.refused("signal_call", { callId, signal: offer })).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("that comes while it rings hears of it with the caller's next word", async () => {
    const { ben, conversationId, anaSocket } = await pair();
    const start = starting(conversationId);
    await anaSocket.ok("start_call", start);
    const late = await cluster.socket(ben, 0);
    await anaSocket.ok("join_call", { callId: start.callId, deviceId: start.deviceId });
    await told(late, start.callId, "ringing");
  });

  it("is told that the call is over when one blocks the other", async () => {
    const { ana, ben, callId, start, anaSocket, benSocket } = await active();
    await cluster.call(ben, "PUT", `/api/blocks/${ana.id}`);
    await anaSocket.ok("join_call", { callId, deviceId: start.deviceId });
    for (const socket of [anaSocket, benSocket])
      expect(await told(socket, callId, "ended")).toMatchObject({ ending: "forbidden" });
  });
});

describe("who may call", () => {
  it("is in the conversation: to anybody else it is absent, and so is the call", async () => {
    const { conversationId, callId, anaSocket } = await active();
    const eve = await cluster.socket(await cluster.person("eve"), 0);
    const absent = await eve.refused("start_call", starting(randomUUID()));
    expect(absent).toMatchObject({ code: "NOT_FOUND" });
    expect(await eve.refused("start_call", starting(conversationId))).toEqual(absent);
    const deviceId = randomUUID();
    const noCall = await eve.refused("join_call", { callId: randomUUID(), deviceId });
    expect(noCall).toMatchObject({ code: "NOT_FOUND" });
    for (const [command, payload] of [
      ["join_call", { callId, deviceId }],
      ["accept_call", { callId, deviceId }],
      ["decline_call", { callId }],
      ["end_call", { callId }],
      ["signal_call", { callId, signal: offer }],
    ] as const)
      expect(await eve.refused(command, payload)).toEqual(noCall);
    await anaSocket.ok("end_call", { callId });
    expect(eve.all("call_updated")).toEqual([]);
    expect(eve.all("call_signal")).toEqual([]);
  });

  it("is neither of two of whom one has blocked the other", async () => {
    const { ana, ben, conversationId, anaSocket, benSocket } = await pair();
    const start = starting(conversationId);
    await anaSocket.ok("start_call", start);
    await cluster.call(ben, "PUT", `/api/blocks/${ana.id}`);
    const refusals = [
      await anaSocket.refused("start_call", starting(conversationId)),
      await benSocket.refused("start_call", starting(conversationId)),
      await benSocket.refused("accept_call", { callId: start.callId, deviceId: randomUUID() }),
    ];
    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
    expect(refusals[0]).toMatchObject({ code: "FORBIDDEN" });
  });

  it("in support is an agent the customer, and the customer whoever has it; in a group nobody", async () => {
    const [zoe, agent] = [await cluster.person("zoe"), await cluster.person("ana", "agent")];
    const support = await cluster.call<Conversation>(zoe, "POST", "/api/messages/conversations", {
      kind: "support",
    });
    const [zoeSocket, agentSocket] = [await cluster.socket(zoe, 0), await cluster.socket(agent, 1)];
    const nobody = await zoeSocket.refused("start_call", starting(support.id));
    expect(nobody).toMatchObject({ code: "CONFLICT" });
    const byAgent = starting(support.id);
    expect(await agentSocket.ok("start_call", byAgent)).toMatchObject({ calleeId: zoe.id });
    await agentSocket.ok("end_call", { callId: byAgent.callId });
    const path = `/api/messages/conversations/${support.id}/assign`;
    await cluster.call(agent, "POST", path, { assigneeId: agent.id, expected: null });
    expect(await zoeSocket.ok("start_call", starting(support.id))).toMatchObject({ calleeId: agent.id });
    const group = await cluster.conversation(zoe, agent, await cluster.person("cal"));
    const inGroup = await agentSocket.refused("start_call", starting(group.id));
    expect(inGroup).toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("what a signal may be", () => {
  it("has a size, a known type and nothing else in it", async () => {
    const { callId, anaSocket, benSocket } = await active();
    const refused: unknown[] = [
      { ...offer, sdp: "x".repeat(maxSdpCharacters + 1) },
      { ...offer, sdp: "a\u0000b" },
      { ...offer, sdp: "\ud800" },
      { ...offer, round: 0 },
      { ...offer, senderId: "somebody" },
      { type: "renegotiate" },
      { type: "candidate", round: 1, candidate: "c", sdpMid: 7, sdpMLineIndex: 0 },
      null,
      "offer",
    ];
    for (const signal of refused)
      expect(await anaSocket.refused("signal_call", { callId, signal })).toMatchObject({ code: "INVALID" });
    await anaSocket.ok("signal_call", { callId, signal: { ...offer, sdp: "x".repeat(maxSdpCharacters) } });
    await benSocket.waitFor("call_signal");
    expect(benSocket.all("call_signal")).toHaveLength(1);
  });
});

describe("how often", () => {
  it("one rings and signals has limits", async () => {
    const limited = await startCluster({
      env: { LIMIT_CALLS_PER_MINUTE: "2", LIMIT_EVENTS_PER_MINUTE: "120", LIMIT_SIGNALS_PER_SECOND: "1" },
    });
    try {
      const [ana, ben] = [await limited.person("ana"), await limited.person("ben")];
      const { id } = await limited.conversation(ana, ben);
      const socket = await limited.socket(ana);
      const calls = await Promise.all(
        Array.from({ length: 4 }, () => socket.emit("start_call", starting(id))),
      );
      const limits = calls.filter((ack) => !ack.ok && ack.error.code === "RATE_LIMITED");
      expect(limits).toHaveLength(2);
      const callId = calls.flatMap((ack) => (ack.ok ? [ack.data.id] : []))[0];
      const signals = await Promise.all(
        Array.from({ length: 40 }, () => socket.emit("signal_call", { callId, signal: offer })),
      );
      expect(signals.some((ack) => ack.ok)).toBe(true);
      expect(signals.some((ack) => !ack.ok && ack.error.code === "RATE_LIMITED")).toBe(true);
    } finally {
      await limited.stop();
    }
  });
});

describe("GET /api/calls/ice-servers", () => {
  it("gives each person credentials that the relay can check by itself, until they end", async () => {
    const ana: TestPerson = await cluster.person("ana");
    const { iceServers, expiresAt } = await cluster.call<IceServers>(ana, "GET", "/api/calls/ice-servers");
    const [stun, turn] = iceServers;
    expect(stun).toEqual({ urls: ["stun:stun.example:3478"] });
    const [until, name] = turn!.username!.split(":");
    expect(name).toBe(ana.id);
    expect(Number(until) * 1_000).toBe(Date.parse(expiresAt!));
    const password = createHmac("sha1", turnSecret).update(turn!.username!).digest("base64");
    expect(turn).toMatchObject({ urls: ["turn:turn.example:3478"], credential: password });
    expect((await cluster.rest({ token: "none" }, "GET", "/api/calls/ice-servers")).status).toBe(401);
  });
});
