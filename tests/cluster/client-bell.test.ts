import { createClient } from "@parloir/client/core/client.ts";
import { createPollingFallback } from "@parloir/client/core/polling.ts";
import { createSocketLink } from "@parloir/client/core/socket.ts";
import type { Notification } from "@parloir/contracts/shapes.ts";
import { afterAll, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster } from "./cluster.ts";

/** The bell of an application without React. */
const cluster = await startCluster({ balancer: true, workers: 1 });
const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
const { id } = await cluster.conversation(ana, ben);
const pages = ["first", "second"].map(() =>
  createClient({ url: cluster.url, userId: ben.id, getToken: async () => ben.token }),
);
afterAll(async () => {
  for (const page of pages) page.close();
  await cluster.stop();
});

it("tells of a line, lists it, and says in the person's other page that it was read", async () => {
  const [first, second] = pages as [ReturnType<typeof createClient>, ReturnType<typeof createClient>];
  const told: Notification[] = [];
  const read: string[] = [];
  first.onNotification((line) => told.push(line));
  second.onNotificationsRead(({ ids }) => read.push(...ids));
  for (const { connection } of pages)
    await eventually(
      "a connection",
      () => connection.getSnapshot().status,
      (status) => status === "online",
    );
  const sender = await cluster.socket(ana);
  await cluster.send(sender, id);
  const [line] = await eventually(
    "the line",
    () => told,
    (all) => all.length > 0,
  );
  expect(line).toMatchObject({ conversationId: id, readAt: null });
  expect(await first.bell.page()).toMatchObject({ items: [{ id: line!.id }], unread: 1, nextCursor: null });

  expect(await first.bell.markRead([line!.id])).toEqual({ ids: [line!.id], unread: 0 });
  await eventually(
    "the other page",
    () => read,
    (ids) => ids.includes(line!.id),
  );
  expect((await first.bell.page()).items[0]?.readAt).not.toBeNull();

  const before = await first.bell.preferences();
  const wanted = { ...before, quietHours: { zone: "Europe/Paris", from: "21:00", to: "06:30" } };
  expect(await first.bell.setPreferences(wanted)).toEqual(wanted);
  expect(await second.bell.preferences()).toEqual(wanted);
});

it("rings where sockets are blocked too, and counts", async () => {
  const cleo = await cluster.person("cleo");
  const { id } = await cluster.conversation(ana, cleo);
  const getToken = async () => cleo.token;
  const page = createClient({
    url: cluster.url,
    userId: cleo.id,
    getToken,
    // Nobody listens there.
    createLink: ({ rest, tokens }) =>
      createPollingFallback({
        socket: createSocketLink({ url: "http://127.0.0.1:9", tokens }),
        rest,
        afterMs: 10,
        everyMs: 200,
      }),
  });
  try {
    const told: Notification[] = [];
    page.onNotification((line) => told.push(line));
    await eventually(
      "polling",
      () => page.connection.getSnapshot().via,
      (via) => via === "polling",
    );
    await cluster.send(await cluster.socket(ana), id);
    const [line] = await eventually(
      "the line",
      () => told,
      (all) => all.length > 0,
    );
    expect(line).toMatchObject({ conversationId: id, readAt: null });
    await eventually(
      "the badge",
      () => page.conversations.getSnapshot().unreadTotal,
      (total) => total === 1,
    );
    expect(await page.bell.markRead()).toMatchObject({ unread: 0 });
  } finally {
    page.close();
  }
});
