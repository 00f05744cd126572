import { randomUUID } from "node:crypto";
import type { ChannelNews } from "@parloir/client/core/channels.ts";
import { createClient } from "@parloir/client/core/client.ts";
import { createServer } from "@parloir/client/server/server.ts";
import type { Announcement } from "@parloir/contracts/channels.ts";
import { isHostEvent } from "@parloir/contracts/host-events.ts";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster } from "./cluster.ts";

const cluster = await startCluster({ gateways: 2, apis: 2, balancer: true });
const { url } = cluster;
const server = createServer({ url, serverKey });
const ends: (() => void)[] = [];
afterAll(async () => {
  for (const end of ends) end();
  await cluster.stop();
});

/** A person as the host makes them, with the client library connected and what it heard of these channels. */
async function page(channels: (userId: string) => string[]) {
  const { id } = await server.users.put(`u.${randomUUID()}`, { name: "Ana" });
  const names = channels(id);
  const getToken = async () => (await server.tokens.create(id, { channels: names })).token;
  const client = createClient({ url, getToken });
  ends.push(client.close);
  const news: ChannelNews[] = [];
  const announcements: Announcement[] = [];
  for (const name of names) client.channels.subscribe(name, (each) => news.push(each), { after: 0 });
  client.onAnnouncement((each) => announcements.push(each));
  await eventually(
    "the client to be online",
    () => client.connection.getSnapshot().status,
    (status) => status === "online",
  );
  const events = () => news.flatMap((each) => (each.kind === "event" ? [each.event] : []));
  const heard = (count: number) => eventually("events", events, (all) => all.length >= count);
  return { id, client, news, announcements, heard };
}

describe("a host's back end", () => {
  it("tells a page what happened, by typed events, across the page's reconnects", async () => {
    const [projectId, ticketId, interventionId, quoteId] = Array.from({ length: 4 }, () => randomUUID());
    const { id, client, heard } = await page((userId) => [
      `user:${userId}`,
      `project:${projectId}`,
      `ticket:${ticketId}`,
      `intervention:${interventionId}`,
      `quote:${quoteId}`,
    ]);
    await server.projectUpdated({ projectId: projectId!, status: "running", progress: 40 });
    await server.ticketUpdated({ ticketId: ticketId!, status: "resolved" });
    await server.documentAdded({ projectId: projectId!, documentId: "d1", name: "Plan.pdf" });
    await heard(3);
    client.reconnect();
    await server.interventionUpdated({ interventionId: interventionId!, plannedAt: "2026-12-01T09:00:00Z" });
    await server.quoteUpdated({ quoteId: quoteId!, amount: { value: 120.5, currency: "EUR" } });
    await server.notifyUser(id, { title: "Your quote", message: "is ready", level: "success" });
    const events = await heard(6);
    expect(events.map((event) => event.event).toSorted()).toEqual([
      "document-added",
      "intervention-updated",
      "project-updated",
      "quote-updated",
      "ticket-updated",
      "user-notification",
    ]);
    const quote = events.find((event) => isHostEvent(event, "quote-updated"))!;
    expect(quote.payload).toEqual({ quoteId, amount: { value: 120.5, currency: "EUR" } });
  });

  it("announces, and is heard by every page", async () => {
    const { announcements } = await page(() => []);
    const words = { title: randomUUID(), message: "Back at noon" };
    await server.announce(words);
    await eventually(
      "the announcement",
      () => announcements,
      (all) => all.length > 0,
    );
    expect(announcements).toEqual([words]);
  });

  it("whose answer was lost publishes one event all the same", async () => {
    const channel = `ticket:${randomUUID()}`;
    let calls = 0;
    const losing: typeof fetch = async (...request) => {
      const response = await fetch(...request);
      calls += 1;
      if (calls === 1) throw new TypeError("the connection ended");
      return response;
    };
    const unlucky = createServer({ url, serverKey, fetch: losing });
    const event = { event: "updated", payload: { n: 1 } };
    expect(await unlucky.channels.publish(channel, event)).toEqual({ cursor: 1, duplicate: true });
    expect(await unlucky.channels.publish(channel, event)).toEqual({ cursor: 2, duplicate: false });
    expect(calls).toBe(3);
  });

  it("never makes a group twice", async () => {
    const people = await Promise.all(
      ["a", "b", "c"].map((name) => server.users.put(`${name}.${randomUUID()}`, { name })),
    );
    let calls = 0;
    const losing: typeof fetch = async (...request) => {
      calls += 1;
      await fetch(...request);
      throw new TypeError("the connection ended");
    };
    const unlucky = createServer({ url, serverKey, fetch: losing });
    const body = { kind: "group" as const, memberIds: people.map((person) => person.id) };
    await expect(unlucky.conversations.create(body)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(calls).toBe(1);
  });

  it("gets a CodedError at once for what a retry cannot mend", async () => {
    let calls = 0;
    const counting: typeof fetch = (...request) => {
      calls += 1;
      return fetch(...request);
    };
    const server = createServer({ url, serverKey, fetch: counting });
    const channel = `ticket:${randomUUID()}`;
    await expect(server.users.get("nobody")).rejects.toMatchObject({ name: "CodedError", code: "NOT_FOUND" });
    await server.channels.publish(channel, { event: "a", payload: {}, eventId: "1" });
    const other = { event: "b", payload: {}, eventId: "1" };
    await expect(server.channels.publish(channel, other)).rejects.toMatchObject({ code: "CONFLICT" });
    const stranger = createServer({ url, serverKey: "not-a-key", fetch: counting });
    await expect(stranger.tokens.create("u1")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(calls).toBe(4);
  });

  it("lets people in, makes conversations, and takes people out again", async () => {
    const [ana, ben] = await Promise.all(
      ["ana", "ben"].map((name) => server.users.put(`${name}.${randomUUID()}`, { name })),
    );
    const body = { kind: "direct" as const, memberIds: [ana!.id, ben!.id] };
    const conversation = await server.conversations.create(body);
    expect(await server.conversations.create(body)).toMatchObject({ id: conversation.id });
    const channel = `project:${randomUUID()}`;
    await server.channels.addMember(channel, ana!.id);
    const { token } = await server.tokens.create(ana!.id);
    const socket = await cluster.socket({ token });
    await socket.ok("subscribe", { channel });
    await server.channels.removeMember(channel, ana!.id);
    expect(await socket.waitFor("channel_removed")).toEqual({ channel });
  });
});
