import { CodedError } from "@parloir/contracts/errors.ts";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Attention } from "./attention.ts";
import { type ClientOptions, createClient } from "./client.ts";
import { NoAnswer } from "./link.ts";
import { createCell } from "./observable.ts";
import { createMemoryStore } from "./outbox-store.ts";
import { conversationId, createScriptedCluster } from "./scripted-cluster.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);

interface StartOptions extends Pick<ClientOptions, "traceparent"> {
  history?: number;
  open?: boolean;
  connected?: boolean;
}

async function start(options: StartOptions = {}) {
  const cluster = createScriptedCluster();
  for (let i = 0; i < (options.history ?? 0); i++) cluster.write("bob", `old ${i + 1}`);
  const link = cluster.link();
  const attention = createCell<Attention>({ visible: true, focused: true });
  const client = createClient({
    url: "http://cluster.test",
    userId: "ana",
    getToken: async () => "token",
    fetch: cluster.fetch,
    createLink: () => link,
    ...(options.traceparent ? { traceparent: options.traceparent } : {}),
    attention: { ...attention, close: () => undefined },
  });
  if (options.connected !== false) link.up();
  if (options.open !== false) client.open(conversationId);
  await settle();
  const thread = client.thread(conversationId);
  const push = (content: string) =>
    link.push({ event: "new_message", payload: cluster.write("bob", content) });
  return {
    cluster,
    link,
    client,
    thread,
    attention,
    push,
    seqs: () => thread.state.getSnapshot().messages.map((message) => message.seq),
    count: (command: string) => link.commands.filter((one) => one.command === command).length,
    listed: () => client.conversations.getSnapshot().items[0],
  };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe("what was missed", () => {
  test("during an absence is fetched on the next ready, over as many answers as it takes", async () => {
    const { cluster, link, seqs, count } = await start({ history: 2 });
    link.down();
    for (let i = 0; i < 10; i++) cluster.write("bob", `missed ${i}`);
    link.up();
    await settle();
    expect(seqs()).toEqual(upTo(12));
    expect(count("sync")).toBeGreaterThanOrEqual(1);
  });

  test("in the middle is fetched once a later push shows the hole, and no hole is ever shown", async () => {
    const { cluster, link, push, seqs, thread } = await start({ history: 2 });
    link.before = () => new Promise((resolve) => setTimeout(resolve, 100));
    cluster.write("bob", "lost");
    push("seen");
    expect(seqs()).toEqual([1, 2]);
    expect(thread.state.getSnapshot().behind).toBe(true);
    await settle(300);
    expect(seqs()).toEqual(upTo(4));
    expect(thread.state.getSnapshot().behind).toBe(false);
  });

  test("at the very end shows by the next heartbeat", async () => {
    const { cluster, seqs } = await start({ history: 2 });
    cluster.write("bob", "lost");
    await settle(15_100);
    expect(seqs()).toEqual(upTo(3));
  });

  test("is asked for again when the answer does not come, and at once on reconnect", async () => {
    const { cluster, link, push, seqs } = await start({ history: 1 });
    link.before = (command) => {
      if (command === "sync") throw new NoAnswer("lost");
    };
    cluster.write("bob", "lost");
    push("seen");
    await settle(20_000);
    expect(seqs()).toEqual([1]);
    link.before = () => undefined;
    link.up();
    await settle();
    expect(seqs()).toEqual(upTo(3));
  });
});

describe("a change of a message", () => {
  const texts = (thread: Awaited<ReturnType<typeof start>>["thread"]) =>
    thread.state.getSnapshot().messages.map((message) => message.content);

  test("is shown in its place, in the list too, and an older one never takes it back", async () => {
    const { cluster, link, thread, listed, count } = await start({ history: 2 });
    const first = cluster.edit(2, "once edited");
    const second = cluster.edit(2, "twice edited");
    link.push({ event: "message_updated", payload: first });
    link.push({ event: "message_updated", payload: second });
    link.push({ event: "message_updated", payload: first });
    expect(texts(thread)).toEqual(["old 1", "twice edited"]);
    expect(listed()?.lastMessage?.content).toBe("twice edited");
    expect(listed()).toMatchObject({ lastChange: 4, unreadCount: 2 });
    await settle();
    expect(count("sync")).toBe(0);
  });

  test("that was missed during an absence comes with the next ready, page by page, and the list is read again", async () => {
    const { cluster, link, thread, seqs, listed } = await start({ history: 8 });
    link.down();
    for (const seq of [7, 1, 3, 2, 8]) cluster.edit(seq, `edited ${seq}`);
    cluster.write("bob", "new");
    cluster.edit(9, "new, edited");
    cluster.edit(1, "edited 1 again");
    link.up();
    await settle();
    expect(seqs()).toEqual(upTo(9));
    expect(texts(thread)).toEqual(cluster.messages.map((message) => message.content));
    expect(thread.cursor()).toEqual({ seq: 9, change: 16 });
    expect(listed()).toMatchObject({ lastChange: 16, lastMessage: { content: "new, edited" } });
  });

  test("that was lost shows by the next one, and is fetched", async () => {
    const { cluster, link, push, thread, count } = await start({ history: 3 });
    cluster.edit(1, "lost");
    push("seen");
    await settle();
    expect(texts(thread)).toEqual(["lost", "old 2", "old 3", "seen"]);
    expect([count("sync"), thread.isMissingChanges()]).toEqual([1, false]);
    cluster.alter(2, { content: "", deletedAt: "1970-01-02T00:00:00.000Z" });
    link.push({ event: "message_updated", payload: cluster.edit(1, "heard") });
    await settle();
    expect(texts(thread)).toEqual(["heard", "", "old 3", "seen"]);
  });

  test("that was pushed while a page was on its way is not undone by the page", async () => {
    const { cluster, link, thread } = await start({ history: 2, open: false });
    const page = cluster.messages.map((message) => ({ ...message }));
    thread.merge([cluster.edit(1, "pushed")]);
    expect(page[0]?.content).toBe("old 1");
    thread.load();
    await settle();
    thread.merge([page[0]!]);
    expect(texts(thread)).toEqual(["pushed", "old 2"]);
    link.down();
  });

  test("that is one's own settles with the message as it stands, and is refused with the server's code", async () => {
    const { client, link, thread } = await start({ history: 1 });
    const edited = await client.edit({ conversationId, seq: 1 }, "mine");
    expect(edited).toMatchObject({ content: "mine", change: 2 });
    expect(texts(thread)).toEqual(["mine"]);
    link.before = () => {
      throw new CodedError("CONFLICT", "deleted");
    };
    await expect(client.edit(edited, "too late")).rejects.toMatchObject({ code: "CONFLICT" });
    expect(texts(thread)).toEqual(["mine"]);
  });
});

test("a failed sync is repeated without waiting for anything else", async () => {
  const { cluster, link, push, seqs } = await start({ history: 1 });
  let failures = 0;
  link.before = (command) => {
    if (command === "sync" && failures++ < 2) throw new CodedError("UNAVAILABLE", "busy");
  };
  cluster.write("bob", "lost");
  push("seen");
  await settle(3_000);
  expect(seqs()).toEqual(upTo(3));
});

test("a history that was cleared elsewhere meanwhile leaves no hole to be waited for", async () => {
  const { cluster, link, seqs, count } = await start({ history: 3 });
  link.down();
  cluster.write("bob", "never seen here");
  cluster.clear();
  cluster.write("bob", "new");
  link.up();
  await settle(1_000);
  expect(seqs()).toEqual([5]);
  expect(count("sync")).toBeLessThan(4);
});

test("another epoch throws away what the database no longer has", async () => {
  const { cluster, link, seqs, listed } = await start({ history: 8 });
  link.down();
  cluster.restoreOlder(3, "e2");
  link.up();
  await settle();
  expect(seqs()).toEqual(upTo(3));
  expect(listed()?.lastSeq).toBe(3);
});

describe("a send", () => {
  test("is shown once, whichever of ack and push comes first", async () => {
    for (const pushFirst of [true, false]) {
      const { cluster, link, client, thread, seqs } = await start({ history: 1 });
      const snapshots: string[] = [];
      thread.state.subscribe(() => {
        const { messages, stored, pending } = thread.state.getSnapshot();
        snapshots.push([...messages, ...stored, ...pending].map((one) => one.content).join(" "));
      });
      link.before = async (command) => {
        if (command !== "send_message") return;
        await new Promise((resolve) => setTimeout(resolve, 10));
        const { clientMessageId } = client.pending.getSnapshot()[0] ?? {};
        const message = cluster.write("ana", "mine", clientMessageId);
        const push = () => link.push({ event: "new_message", payload: message });
        if (pushFirst) push();
        else setTimeout(push, 20);
      };
      client.send({ conversationId, content: "mine" });
      await settle(100);
      expect(seqs()).toEqual([1, 2]);
      expect(new Set(snapshots)).toEqual(new Set(["old 1 mine"]));
      expect(client.pending.getSnapshot()).toEqual([]);
      client.close();
    }
  });

  test("that outlives a broken connection is one message", async () => {
    const { cluster, link, client, seqs } = await start();
    link.before = (command) => {
      if (command !== "send_message") return;
      cluster.write("ana", "mine", client.pending.getSnapshot()[0]?.clientMessageId);
      link.down();
      throw new NoAnswer("cut");
    };
    client.send({ conversationId, content: "mine" });
    await settle();
    link.before = () => undefined;
    link.up();
    await settle();
    expect(seqs()).toEqual([1]);
    expect(client.pending.getSnapshot()).toEqual([]);
  });
});

test("what the last visit left unsent goes out first, also when the first token request failed", async () => {
  const cluster = createScriptedCluster();
  const link = cluster.link();
  const store = createMemoryStore();
  const left = { clientMessageId: "left", userId: "ana", conversationId, content: "from the last visit" };
  await store.put({
    ...left,
    createdAt: new Date(0).toISOString(),
    order: 1,
    failure: null,
    owner: "closed",
  });
  let works = false;
  const client = createClient({
    url: "http://cluster.test",
    store,
    async getToken() {
      if (!works) throw new Error("the host is not there yet");
      return "token";
    },
    fetch: cluster.fetch,
    createLink: () => link,
  });
  client.send({ conversationId, content: "of this visit" });
  await settle(10_000);
  works = true;
  link.up();
  await settle(1_000);
  expect(cluster.messages.map(({ content }) => content)).toEqual(["from the last visit", "of this visit"]);
  client.close();
});

test("a send stands in the trace that the host names, and goes without one when it names none", async () => {
  const valid = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const named: (string | undefined)[] = [
    valid,
    undefined,
    "not a context",
    `00-${"0".repeat(32)}-${"b".repeat(16)}-01`,
  ];
  const { client, link, cluster } = await start({ traceparent: () => named.shift() });
  for (const content of ["one", "two", "three", "four"]) {
    client.send({ conversationId, content });
    await settle();
  }
  const sent = link.commands.filter(({ command }) => command === "send_message");
  expect(sent.map(({ payload }) => (payload as { traceparent?: string }).traceparent)).toEqual([
    valid,
    undefined,
    undefined,
    undefined,
  ]);
  expect(cluster.messages).toHaveLength(4);
});

describe("reading", () => {
  test("marks what is on screen, once for a burst", async () => {
    const { push, listed, count } = await start({ history: 2 });
    await settle(400);
    expect(listed()).toMatchObject({ lastReadSeq: 2, unreadCount: 0 });
    for (let i = 0; i < 5; i++) push(`${i}`);
    await settle(400);
    expect(listed()).toMatchObject({ lastReadSeq: 7, unreadCount: 0 });
    expect(count("mark_read")).toBe(2);
  });

  test.each([
    ["hidden", { visible: false, focused: false }, true],
    ["without the keyboard", { visible: true, focused: false }, true],
    ["scrolled up", { visible: true, focused: true }, false],
  ] as const)("does not happen while the page is %s", async (_name, looks, atBottom) => {
    const { client, attention, push, listed, cluster } = await start({ history: 1 });
    await settle(400);
    attention.set(looks);
    client.setAtBottom(atBottom);
    push("new");
    await settle(1_000);
    expect(listed()).toMatchObject({ lastReadSeq: 1, unreadCount: 1 });
    expect(client.conversations.getSnapshot().unreadTotal).toBe(1);
    attention.set({ visible: true, focused: true });
    client.setAtBottom(true);
    await settle(1_000);
    expect(listed()).toMatchObject({ lastReadSeq: cluster.messages.length, unreadCount: 0 });
    expect(client.conversations.getSnapshot().unreadTotal).toBe(0);
  });

  test("while a view of it is on its way nothing counts as seen, whichever is said first", async () => {
    const { client, count, listed } = await start({ history: 2, open: false });
    client.awaitView(conversationId);
    client.open(conversationId);
    client.awaitView(conversationId);
    await settle(5_000);
    expect([count("mark_read"), listed()?.unreadCount]).toEqual([0, 2]);
    client.setAtBottom(true, conversationId);
    client.awaitView(conversationId);
    await settle(1_000);
    expect([count("mark_read"), listed()?.unreadCount]).toEqual([1, 0]);
  });

  test("the unread line is there for a thread that was opened before the list came", async () => {
    const cluster = createScriptedCluster();
    for (const text of ["one", "two"]) cluster.write("bob", text);
    const link = cluster.link();
    const client = createClient({
      url: "http://cluster.test",
      userId: "ana",
      getToken: async () => "token",
      fetch: cluster.fetch,
      createLink: () => link,
    });
    client.open(conversationId);
    expect(client.viewing.getSnapshot().unreadAfter).toBeNull();
    link.up();
    await settle(1_000);
    expect(client.viewing.getSnapshot().unreadAfter).toBe(0);
    client.close();
  });

  test("a hidden page leaves its thread and joins again with its cursor", async () => {
    const { cluster, attention, link, seqs } = await start({ history: 2 });
    attention.set({ visible: false, focused: false });
    await settle();
    expect(link.commands.at(-1)).toEqual({ command: "leave_conversation", payload: { conversationId } });
    cluster.write("bob", "meanwhile");
    attention.set({ visible: true, focused: true });
    await settle();
    expect(link.commands).toContainEqual({
      command: "join_conversation",
      payload: { conversationId, after: 2 },
    });
    expect(seqs()).toEqual(upTo(3));
  });

  test("the unread line stays where it was when the thread was opened", async () => {
    const { client, push } = await start({ history: 3, open: false });
    client.open(conversationId);
    await settle(500);
    push("new");
    await settle(500);
    expect(client.viewing.getSnapshot()).toEqual({ conversationId, unreadAfter: 0 });
  });

  test("an unread count older than our own mark is not believed", async () => {
    const { client, link, listed } = await start({ history: 3 });
    await settle(500);
    link.push({ event: "unread", payload: { total: 3, conversationId, count: 3 } });
    await settle();
    expect(listed()?.unreadCount).toBe(0);
    expect(client.conversations.getSnapshot().unreadTotal).toBe(0);
  });

  test("what comes while a mark is under way is marked too", async () => {
    const { cluster, link, push, count, listed } = await start({ history: 2 });
    await settle(500);
    let answer = () => undefined as unknown;
    const held = new Promise<void>((resolve) => {
      answer = () => resolve();
    });
    link.before = (command) => (command === "mark_read" ? held : undefined);
    push("one");
    await settle(600);
    expect(count("mark_read")).toBe(2);
    push("two");
    await settle(600);
    answer();
    await settle(1_000);
    expect(listed()).toMatchObject({ lastReadSeq: cluster.messages.length, unreadCount: 0 });
    const marks = count("mark_read");
    await settle(5_000);
    expect(count("mark_read")).toBe(marks);
  });

  test("that nothing is unread in a conversation that was just deleted does not bring it back", async () => {
    const { client, link, listed } = await start({ history: 3, open: false });
    link.push({ event: "conversation_removed", payload: { conversationId } });
    link.push({ event: "unread", payload: { total: 0, conversationId, count: 0 } });
    await settle(500);
    expect(listed()).toBeUndefined();
    expect(client.conversations.getSnapshot().unreadTotal).toBe(0);
    link.push({ event: "unread", payload: { total: 1, conversationId, count: 1 } });
    await settle(500);
    expect(listed()).toMatchObject({ id: conversationId });
  });

  test("whoever answers has read", async () => {
    const { client, push, listed } = await start();
    client.send({ conversationId, content: "question" });
    await settle();
    push("answer");
    expect(listed()?.participants.find((one) => one.userId === "bob")?.lastReadSeq).toBe(2);
  });
});

describe("before there is a connection", () => {
  test("list and thread are shown, each read once and never again for a connection that brings no news", async () => {
    const { cluster, link, client, seqs, listed } = await start({ history: 3, connected: false });
    expect(seqs()).toEqual(upTo(3));
    expect(listed()).toMatchObject({ id: conversationId, unreadCount: 3 });
    expect(client.conversations.getSnapshot().status).toBe("ready");
    link.up();
    await settle();
    expect(cluster.requests.toSorted()).toEqual([
      "GET /api/messages",
      "GET /api/messages/conversations",
      "GET /api/messages/unread",
    ]);
  });

  test("what comes while the list is on its way is in the list", async () => {
    const { cluster, link, client, listed } = await start({ history: 1, open: false, connected: false });
    let answer = () => undefined as unknown;
    cluster.hold = new Promise((resolve) => {
      answer = () => resolve(undefined);
    });
    // Read now, answered later: the connection knows of a message that the answer lacks.
    void client.refreshConversations();
    cluster.write("bob", "in between");
    link.up();
    cluster.hold = Promise.resolve();
    answer();
    await settle();
    expect(listed()).toMatchObject({ lastSeq: 2, lastMessage: { content: "in between" } });
  });
});

test("after a reconnect with equal heads nothing is read by REST", async () => {
  const { cluster, link } = await start({ history: 3 });
  await settle(500);
  const before = cluster.requests.length;
  expect(before).toBeGreaterThan(0);
  link.down();
  link.up();
  await settle();
  expect(cluster.requests.length).toBe(before);
});

/** What can happen to one device; every push may be lost, and every command cut before or after its effect. */
const happening = fc.oneof(
  fc.constantFrom("push", "lose", "send", "down", "up", "hide", "show", "cut", "heal"),
  fc.integer({ min: 1, max: 20_000 }),
);

test("whatever happens, the device ends with the one list", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
      const { cluster, link, client, thread, attention, push, seqs, listed } = await start({ history: 2 });
      const shown = () => thread.state.getSnapshot().messages;
      const unfollow = thread.state.subscribe(() => {
        const [first] = shown();
        // At no moment a hole.
        expect(shown().map((message) => message.seq)).toEqual(shown().map((_, i) => (first?.seq ?? 0) + i));
      });
      const acts: Record<string, () => void> = {
        push: () =>
          link.state.getSnapshot().status === "online" ? push("pushed") : cluster.write("bob", "missed"),
        lose: () => cluster.write("bob", "lost"),
        send: () => client.send({ conversationId, content: "mine" }),
        down: link.down,
        up: link.up,
        hide: () => attention.set({ visible: false, focused: false }),
        show: () => attention.set({ visible: true, focused: true }),
        cut: () => {
          link.before = () => {
            throw new NoAnswer("cut");
          };
        },
        heal: () => {
          link.before = () => undefined;
        },
      };
      for (const next of happenings) {
        if (typeof next === "number") await settle(next);
        else acts[next]?.();
      }
      acts.heal?.();
      acts.up?.();
      acts.show?.();
      await settle(60_000);
      expect(seqs()).toEqual(upTo(cluster.messages.length));
      expect(shown().map((message) => message.content)).toEqual(
        cluster.messages.map((message) => message.content),
      );
      expect(client.pending.getSnapshot()).toEqual([]);
      expect(cluster.messages.filter((one) => one.content === "mine")).toHaveLength(
        happenings.filter((one) => one === "send").length,
      );
      expect(listed()).toMatchObject({ lastSeq: cluster.messages.length, unreadCount: 0 });
      unfollow();
      client.close();
    }),
    { numRuns: 100 },
  );
});
