import type { SendMessagePayload } from "@parloir/contracts/commands.ts";
import { CodedError, type ErrorCode } from "@parloir/contracts/errors.ts";
import type { SendReceipt } from "@parloir/contracts/events.ts";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NoAnswer } from "./link.ts";
import { createOutbox } from "./outbox.ts";
import { createMemoryStore, type OutboxStore } from "./outbox-store.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What the network and the server do with one attempt. */
type Outcome = "ok" | "stored, ack lost" | "lost" | ErrorCode;

/** Stands for the way to the server: stores each id once, and answers as the script says. */
function scriptedServer(script: Outcome[], latencyMs = 5) {
  const stored = new Map<string, SendReceipt>();
  const written: string[] = [];
  const attempts: string[] = [];
  let online = true;

  function store({ conversationId, clientMessageId, content }: SendMessagePayload): SendReceipt {
    const known = stored.get(`${conversationId} ${clientMessageId}`);
    if (known) return { ...known, duplicate: true };
    written.push(`${conversationId}: ${content}`);
    const receipt = {
      id: clientMessageId,
      conversationId,
      seq: written.length,
      createdAt: "",
      duplicate: false,
    };
    stored.set(`${conversationId} ${clientMessageId}`, receipt);
    return receipt;
  }

  return {
    written,
    attempts,
    isOnline: () => online,
    setOnline(next: boolean) {
      online = next;
    },
    async deliver(payload: SendMessagePayload): Promise<SendReceipt> {
      attempts.push(payload.clientMessageId);
      const outcome = script.shift() ?? "ok";
      await new Promise((resolve) => setTimeout(resolve, latencyMs));
      if (!online || outcome === "lost") throw new NoAnswer("lost");
      if (outcome === "ok") return store(payload);
      if (outcome === "stored, ack lost") {
        store(payload);
        throw new NoAnswer("ack lost");
      }
      throw new CodedError(outcome, "scripted", outcome === "RATE_LIMITED" ? { retryAfterMs: 5_000 } : {});
    },
  };
}

type Server = ReturnType<typeof scriptedServer>;

function outboxOn(server: Server, options: { store?: OutboxStore; owner?: string } = {}) {
  const renewed = vi.fn(async () => undefined);
  const outbox = createOutbox({
    userId: async () => "ana",
    owner: options.owner ?? "tab 1",
    store: options.store ?? createMemoryStore(),
    deliver: server.deliver,
    isOnline: server.isOnline,
    onSent: () => undefined,
    renewToken: renewed,
  });
  return { ...outbox, renewed, states: () => outbox.pending.getSnapshot().map((item) => item.state) };
}

const outcome = fc.constantFrom<Outcome>(
  "ok",
  "stored, ack lost",
  "lost",
  "UNAVAILABLE",
  "INTERNAL",
  "RATE_LIMITED",
  "TOKEN_EXPIRED",
);

test("whatever passes, each message is stored once and in the order of writing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(outcome, { maxLength: 40 }),
      fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 6 }),
      async (script, conversations, cuts) => {
        const server = scriptedServer(script);
        const outbox = outboxOn(server);
        conversations.forEach((conversationId, index) => {
          outbox.add({ conversationId, content: `${index}` });
        });
        for (const cut of cuts) {
          server.setOnline(false);
          await vi.advanceTimersByTimeAsync(cut);
          server.setOnline(true);
          outbox.resume();
          await vi.advanceTimersByTimeAsync(cut % 50);
        }
        await vi.advanceTimersByTimeAsync(40 * 31_000);
        for (const conversationId of ["a", "b"]) {
          const wanted = conversations.flatMap((id, index) =>
            id === conversationId ? [`${id}: ${index}`] : [],
          );
          expect(server.written.filter((line) => line.startsWith(conversationId))).toEqual(wanted);
        }
        expect(outbox.states()).toEqual([]);
        outbox.close();
      },
    ),
    { numRuns: 60 },
  );
});

test("a refusal marks the message, and the ones behind it go on", async () => {
  const server = scriptedServer(["INVALID"]);
  const outbox = outboxOn(server);
  const refused = outbox.add({ conversationId: "a", content: "1" });
  outbox.add({ conversationId: "a", content: "2" });
  await vi.advanceTimersByTimeAsync(100);
  expect(server.written).toEqual(["a: 2"]);
  expect(outbox.pending.getSnapshot()).toMatchObject([{ state: "failed", failure: { code: "INVALID" } }]);

  outbox.retry(refused.clientMessageId);
  await vi.advanceTimersByTimeAsync(100);
  expect(server.written).toEqual(["a: 2", "a: 1"]);
  expect(server.attempts.filter((id) => id === refused.clientMessageId)).toHaveLength(2);
});

test("a discarded message is not sent again", async () => {
  const server = scriptedServer(["FORBIDDEN"]);
  const store = createMemoryStore();
  const outbox = outboxOn(server, { store });
  const { clientMessageId } = outbox.add({ conversationId: "a", content: "1" });
  await vi.advanceTimersByTimeAsync(100);
  outbox.discard(clientMessageId);
  await vi.advanceTimersByTimeAsync(100);
  expect(outbox.pending.getSnapshot()).toEqual([]);
  expect(await store.load("ana")).toEqual([]);
});

test("a message waits as long as the server asked, and those behind it too", async () => {
  const server = scriptedServer(["RATE_LIMITED"]);
  const outbox = outboxOn(server);
  outbox.add({ conversationId: "a", content: "1" });
  outbox.add({ conversationId: "a", content: "2" });
  await vi.advanceTimersByTimeAsync(4_900);
  expect(server.written).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.written).toEqual(["a: 1", "a: 2"]);
});

test("an expired token is renewed and nothing queued is lost", async () => {
  const server = scriptedServer(["TOKEN_EXPIRED"]);
  const outbox = outboxOn(server);
  outbox.add({ conversationId: "a", content: "1" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(outbox.renewed).toHaveBeenCalledOnce();
  expect(server.written).toEqual(["a: 1"]);
});

test("a new connection ends the wait at once", async () => {
  const server = scriptedServer(Array.from({ length: 6 }, () => "UNAVAILABLE" as const));
  const outbox = outboxOn(server);
  outbox.add({ conversationId: "a", content: "1" });
  while (server.attempts.length < 6) await vi.advanceTimersByTimeAsync(1_000);
  await vi.advanceTimersByTimeAsync(10);
  expect(server.written).toEqual([]);
  outbox.resume();
  await vi.advanceTimersByTimeAsync(10);
  expect(server.written).toEqual(["a: 1"]);
});

test("waits stay within 30 s, for ever", async () => {
  const server = scriptedServer(Array.from({ length: 100 }, () => "UNAVAILABLE" as const));
  const outbox = outboxOn(server);
  outbox.add({ conversationId: "a", content: "1" });
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  const before = server.attempts.length;
  await vi.advanceTimersByTimeAsync(30_100);
  expect(server.attempts.length).toBeGreaterThan(before);
  outbox.close();
});

test("what a former page left is sent by the next one, before its own, with the same ids", async () => {
  const store = createMemoryStore();
  const away = scriptedServer([]);
  away.setOnline(false);
  const former = outboxOn(away, { store: { ...store, close: () => undefined } });
  former.add({ conversationId: "a", content: "1" });
  const second = former.add({ conversationId: "a", content: "2" });
  await vi.advanceTimersByTimeAsync(10);
  former.close();

  const server = scriptedServer([]);
  const next = outboxOn(server, { store, owner: "tab 2" });
  await next.adopt();
  next.add({ conversationId: "a", content: "3" });
  await vi.advanceTimersByTimeAsync(100);
  expect(server.written).toEqual(["a: 1", "a: 2", "a: 3"]);
  expect(server.attempts[1]).toBe(second.clientMessageId);
  expect(await store.load("ana")).toEqual([]);
});

test("a clock that was set back puts nothing before what a former page left", async () => {
  const store = createMemoryStore();
  const away = scriptedServer([]);
  away.setOnline(false);
  outboxOn(away, { store: { ...store, close: () => undefined } }).add({ conversationId: "a", content: "1" });
  await vi.advanceTimersByTimeAsync(10);
  vi.setSystemTime(Date.now() - 3_600_000);
  const server = scriptedServer([]);
  server.setOnline(false);
  const next = outboxOn(server, { store, owner: "tab 2" });
  await next.adopt();
  next.add({ conversationId: "a", content: "2" });
  server.setOnline(true);
  next.resume();
  await vi.advanceTimersByTimeAsync(100);
  expect(server.written).toEqual(["a: 1", "a: 2"]);
});

test("a living tab's messages are left to it", async () => {
  const store = createMemoryStore();
  const away = scriptedServer([]);
  away.setOnline(false);
  outboxOn(away, { store, owner: "tab 1" }).add({ conversationId: "a", content: "1" });
  await vi.advanceTimersByTimeAsync(10);
  const next = outboxOn(scriptedServer([]), { store, owner: "tab 2" });
  await next.adopt((owner) => owner !== "tab 1");
  expect(next.pending.getSnapshot()).toEqual([]);
});

test("a push settles a message whose ack is still awaited", async () => {
  const server = scriptedServer(["stored, ack lost"], 5_000);
  const outbox = outboxOn(server);
  const { clientMessageId } = outbox.add({ conversationId: "a", content: "1" });
  await vi.advanceTimersByTimeAsync(4_000);
  outbox.confirm([clientMessageId]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(outbox.pending.getSnapshot()).toEqual([]);
  expect(server.attempts).toHaveLength(1);
});

test("a store that never answers delays one message by seconds, and no other", async () => {
  const server = scriptedServer([]);
  const put = () => new Promise<never>(() => undefined);
  const outbox = outboxOn(server, { store: { ...createMemoryStore(), put } });
  outbox.add({ conversationId: "a", content: "1" });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(server.written).toEqual(["a: 1"]);
  outbox.add({ conversationId: "a", content: "2" });
  await vi.advanceTimersByTimeAsync(100);
  expect(server.written).toEqual(["a: 1", "a: 2"]);
});

test("a store that fails delays nothing", async () => {
  const server = scriptedServer([]);
  const broken = async () => {
    throw new Error("quota");
  };
  const outbox = outboxOn(server, {
    store: { load: broken, put: broken, remove: broken, close: () => undefined },
  });
  await outbox.adopt();
  outbox.add({ conversationId: "a", content: "1" });
  await vi.advanceTimersByTimeAsync(100);
  expect(server.written).toEqual(["a: 1"]);
});
