import { randomUUID } from "node:crypto";
import { callLostMs, ringLostMs } from "@parloir/contracts/calls.ts";
import type { HistoryPage } from "@parloir/contracts/http.ts";
import type { NotificationList } from "@parloir/contracts/notifications.ts";
import { createPublisherClient } from "@parloir/platform/redis.ts";
import { untoldKeys } from "@parloir/platform/untold-calls.ts";
import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";

/** Every call has its line, also where nobody can say any more how it ended. Time passes by moving what is kept. */
const cluster = await startCluster({ workers: 2 });
const redis = createPublisherClient({ url: cluster.redisUrl, cluster: false }, pino({ level: "silent" }));
afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
});

async function calling() {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id: conversationId } = await cluster.conversation(ana, ben);
  const [anaSocket, benSocket] = [await cluster.socket(ana), await cluster.socket(ben)];
  const callId = randomUUID();
  const call = await anaSocket.ok("start_call", { conversationId, callId, deviceId: randomUUID() });
  return { ana, ben, conversationId, anaSocket, benSocket, callId, startedAt: Date.parse(call.startedAt) };
}

const linesIn = async (person: TestPerson, conversationId: string) =>
  (
    await cluster.call<HistoryPage>(person, "GET", `/api/messages?conversationId=${conversationId}&after=0`)
  ).messages.flatMap(({ system }) => system?.call ?? []);
const oneLine = (person: TestPerson, conversationId: string) =>
  eventually(
    "the call's line",
    () => linesIn(person, conversationId),
    (lines) => lines.length === 1,
  );
const [due] = untoldKeys;
const dueOf = async (callId: string) => Number(await redis.zscore(due, callId));
const passTime = (callId: string) => redis.zadd(due, "XX", 1, callId);
const seenTo = (callId: string) =>
  eventually(
    "a worker that has seen to it",
    () => redis.zscore(due, callId),
    (score) => score === null,
  );

describe("a call that nobody ended", () => {
  it("was unanswered when it still rang, and missed by the one who was called", async () => {
    const { ana, ben, conversationId, anaSocket, benSocket, callId, startedAt } = await calling();
    anaSocket.close();
    // As long as a caller may still be there it is nobody's to end.
    expect(await dueOf(callId)).toBeGreaterThan(startedAt + ringLostMs);
    expect(await linesIn(ana, conversationId)).toEqual([]);
    await passTime(callId);
    await benSocket.waitFor("notification", ({ type }) => type === "call");
    expect(await oneLine(ana, conversationId)).toEqual([{ ending: "unanswered", seconds: null }]);
    const bell = await cluster.call<NotificationList>(ben, "GET", "/api/notifications");
    expect(bell).toMatchObject({ items: [{ type: "call", conversationId, count: 1 }], unread: 1 });
    await seenTo(callId);
  });

  it("failed where it was last heard of, when it was answered, and is put off by whoever is in it", async () => {
    const { ana, conversationId, anaSocket, benSocket, callId } = await calling();
    const deviceId = randomUUID();
    const { answeredAt } = await benSocket.ok("accept_call", { callId, deviceId });
    const before = await dueOf(callId);
    expect(before).toBeGreaterThan(Date.parse(answeredAt!) + callLostMs);
    await redis.zadd(due, "XX", before - 5_000, callId);
    await benSocket.ok("join_call", { callId, deviceId });
    expect(await dueOf(callId)).toBeGreaterThanOrEqual(before);
    for (const socket of [anaSocket, benSocket]) socket.close();
    await passTime(callId);
    const [line] = await oneLine(ana, conversationId);
    expect(line).toMatchObject({ ending: "failed", seconds: expect.any(Number) });
    await seenTo(callId);
  });
});

it("a call of which a gateway has told is not told again", async () => {
  const { ana, conversationId, anaSocket, callId } = await calling();
  await anaSocket.ok("end_call", { callId });
  await oneLine(ana, conversationId);
  await passTime(callId);
  await seenTo(callId);
  expect(await linesIn(ana, conversationId)).toEqual([{ ending: "cancelled", seconds: null }]);
});
