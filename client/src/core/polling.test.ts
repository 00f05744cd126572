import type { Notification } from "@parloir/contracts/shapes.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createClient } from "./client.ts";
import { createPollingFallback } from "./polling.ts";
import { isSilentNow } from "./polling-bell.ts";
import { conversationId, createScriptedCluster } from "./scripted-cluster.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);

async function start() {
  const cluster = createScriptedCluster();
  cluster.write("bob", "old");
  const socket = cluster.link();
  const client = createClient({
    url: "http://cluster.test",
    getToken: async () => "token",
    fetch: cluster.fetch,
    createLink: ({ rest }) => createPollingFallback({ socket, rest }),
  });
  client.open(conversationId);
  await settle();
  const contents = () =>
    client
      .thread(conversationId)
      .state.getSnapshot()
      .messages.map((message) => message.content);
  return { cluster, socket, client, contents };
}

test("with sockets blocked, messages come within 3 s and go out by REST", async () => {
  const { cluster, client, contents } = await start();
  client.send({ conversationId, content: "mine" });
  expect(client.connection.getSnapshot().via).toBe(null);
  await settle(8_000);
  expect(client.connection.getSnapshot()).toMatchObject({ status: "online", via: "polling" });
  await settle(1_000);
  expect(contents()).toEqual(["old", "mine"]);
  cluster.write("bob", "one");
  cluster.write("bob", "two");
  cluster.write("bob", "three");
  await settle(3_100);
  expect(contents()).toEqual(["old", "mine", "one", "two", "three"]);
  await settle(1_000);
  expect(client.conversations.getSnapshot()).toMatchObject({ unreadTotal: 0, items: [{ lastReadSeq: 5 }] });
  client.close();
});

test("with sockets blocked, edits of old messages come within 3 s too, and one's own go out by REST", async () => {
  const { cluster, client, contents } = await start();
  for (const content of ["two", "three"]) cluster.write("bob", content);
  await settle(9_000);
  cluster.edit(1, "old, edited");
  await settle(3_100);
  expect(contents()).toEqual(["old, edited", "two", "three"]);
  cluster.edit(2, "two, edited");
  cluster.write("bob", "four");
  cluster.edit(4, "four, edited");
  await settle(3_100);
  expect(contents()).toEqual(["old, edited", "two, edited", "three", "four, edited"]);
  await client.edit({ conversationId, seq: 3 }, "three, edited");
  expect(contents()[2]).toBe("three, edited");
  client.close();
});

/** A line of the bell about so many of Bob's messages. */
function line(id: string, seq: number | null, readAt: string | null = null): Notification {
  const [type, about] = seq === null ? (["host", null] as const) : (["message", conversationId] as const);
  const createdAt = "2030-01-01T00:00:00.000Z";
  return { id, type, conversationId: about, seq, title: id, message: "", count: 1, createdAt, readAt };
}

test("with sockets blocked, the bell rings and the badges count within 3 s, and what is read elsewhere is read", async () => {
  const { cluster, client } = await start();
  client.open(null);
  cluster.lines.push(line("before", 1));
  await settle(9_000);
  const heard: string[] = [];
  client.onNotification(({ id, seq }) => heard.push(`${id} ${seq}`));
  client.onNotificationsRead(({ ids, unread }) => heard.push(`read ${ids} ${unread}`));
  const before = client.conversations.getSnapshot().unreadTotal;
  cluster.write("bob", "new");
  cluster.lines[0] = line("before", 2);
  cluster.lines.unshift(line("host", null));
  await settle(3_100);
  expect(client.conversations.getSnapshot()).toMatchObject({
    unreadTotal: before + 1,
    items: [{ unreadCount: before + 1 }],
  });
  expect(heard.splice(0)).toEqual(["before 2", "host null"]);
  await settle(6_000);
  expect(heard).toEqual([]);
  cluster.lines[0] = line("host", null, "2030-01-02T00:00:00.000Z");
  await settle(3_100);
  expect(heard.splice(0)).toEqual(["read host 1"]);
  // Who wants no ringing has the count alone.
  cluster.preferences.channels.socket = false;
  cluster.lines.unshift(line("silent", null));
  await settle(3_100);
  expect(heard.splice(0)).toEqual(["read  2"]);
  cluster.preferences.channels.socket = true;
  // The thread that one looks at rings no bell.
  client.open(conversationId);
  cluster.write("bob", "seen");
  cluster.lines.splice(2, 1);
  cluster.lines.unshift(line("before", 3));
  await settle(3_100);
  expect(heard.filter((each) => !each.startsWith("read"))).toEqual([]);
  client.close();
});

test.each([
  { from: "22:00", to: "07:00", at: "2030-01-01T22:30:00Z", silent: true },
  { from: "22:00", to: "07:00", at: "2030-01-01T06:30:00Z", silent: false },
  { from: "22:00", to: "07:00", at: "2030-01-01T05:59:00Z", silent: true },
  { from: "12:00", to: "14:00", at: "2030-01-01T11:30:00Z", silent: true },
  { from: "12:00", to: "14:00", at: "2030-01-01T13:00:00Z", silent: false },
])("in quiet hours, $from to $to in Paris, nothing rings: $at $silent", ({ from, to, at, silent }) => {
  const channels = { socket: true, webhook: true, push: true, email: true };
  const quietHours = { zone: "Europe/Paris", from, to };
  expect(isSilentNow({ channels, quietHours }, new Date(at))).toBe(silent);
});

test("a quiet look costs two requests, for the list and the bell", async () => {
  const { cluster, client } = await start();
  await settle(20_000);
  const before = cluster.requests.length;
  await settle(30_000);
  expect(cluster.requests.length - before).toBe(20);
  client.close();
});

test("a short interruption is no reason to poll", async () => {
  const { socket, cluster, client } = await start();
  socket.up();
  await settle(1_000);
  socket.down();
  const before = cluster.requests.length;
  await settle(6_000);
  socket.up();
  await settle(30_000);
  expect(cluster.requests.length).toBe(before);
  expect(client.connection.getSnapshot().via).toBe("socket");
  client.close();
});

test("the socket takes over again by itself, and nothing is missing between the two", async () => {
  const { socket, cluster, client, contents } = await start();
  await settle(12_000);
  cluster.write("bob", "between");
  socket.up();
  await settle(1_000);
  expect(client.connection.getSnapshot().via).toBe("socket");
  expect(contents()).toEqual(["old", "between"]);
  const before = cluster.requests.length;
  await settle(14_000);
  expect(cluster.requests.length).toBe(before);
  client.close();
});

test("without any network it is offline, and back as soon as REST answers", async () => {
  const { cluster, client, contents } = await start();
  cluster.setReachable(false);
  await settle(60_000);
  expect(client.connection.getSnapshot().status).not.toBe("online");
  client.send({ conversationId, content: "kept" });
  cluster.setReachable(true);
  await settle(31_000);
  expect(client.connection.getSnapshot().via).toBe("polling");
  expect(contents()).toEqual(["old", "kept"]);
  client.close();
});
