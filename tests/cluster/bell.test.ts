import { randomUUID } from "node:crypto";
import type {
  HostNotice,
  NotificationList,
  NotificationPreferences,
  ReadNotifications,
} from "@parloir/contracts/notifications.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 2, apis: 2, workers: 2 });
afterAll(() => cluster.stop());

let ana: TestPerson;
let sender: TestSocket;
beforeAll(async () => {
  ana = await cluster.person("ana");
  sender = await cluster.socket(ana, 0);
});

const path = "/api/notifications";
const bell = (person: TestPerson, query = "") =>
  cluster.call<NotificationList>(person, "GET", `${path}${query}`);
const read = (person: TestPerson, body?: object) =>
  cluster.call<ReadNotifications>(person, "POST", `${path}/read`, body);
const prefer = (person: TestPerson, body: object) => cluster.rest(person, "PUT", `${path}/preferences`, body);

async function groupWith(person: TestPerson): Promise<string> {
  const body = { kind: "group", memberIds: [person.id] };
  return (await cluster.call<{ id: string }>(ana, "POST", "/api/messages/conversations", body)).id;
}

/** Somebody with a line in the bell for each of these texts, each of a conversation of its own; oldest first. */
async function addressee(...texts: string[]) {
  const ben = await cluster.person("ben");
  const ids: string[] = [];
  for (const text of texts) {
    const id = await groupWith(ben);
    ids.push(id);
    await cluster.send(sender, id, text);
    await until(ben, ({ items }) => items[0]?.conversationId === id);
  }
  return { ben, ids };
}

const until = (person: TestPerson, wished: (list: NotificationList) => boolean) =>
  eventually("the bell", () => bell(person), wished);

describe("the bell", () => {
  it("has one line per conversation, newest activity first, with the newest text and how many it stands for", async () => {
    const { ben, ids } = await addressee("one", "two", "three");
    await cluster.send(sender, ids[0]!, "one again");
    const { items, unread } = await until(ben, (list) => list.items[0]?.message === "one again");
    expect(items.map((line) => [line.message, line.count, line.conversationId])).toEqual([
      ["one again", 2, ids[0]],
      ["three", 1, ids[2]],
      ["two", 1, ids[1]],
    ]);
    expect(items[0]).toMatchObject({ type: "message", seq: 2, title: "ana", readAt: null });
    expect(unread).toBe(3);
  });

  it("is paged, each line once", async () => {
    const { ben } = await addressee("1", "2", "3", "4", "5");
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: NotificationList = await bell(ben, `?limit=2${cursor ? `&cursor=${cursor}` : ""}`);
      seen.push(...page.items.map((line) => line.message));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(["5", "4", "3", "2", "1"]);
  });

  it("is one's own: a cursor or an id of somebody else's does nothing", async () => {
    const [first, second] = [await addressee("a", "b"), await addressee("c", "d")];
    const { nextCursor, items } = await bell(first.ben, "?limit=1");
    const foreign = await cluster.rest(second.ben, "GET", `${path}?cursor=${nextCursor}`);
    expect([foreign.status, foreign.body.error?.code]).toEqual([400, "INVALID"]);
    expect(await read(second.ben, { ids: [items[0]!.id, randomUUID()] })).toEqual({ ids: [], unread: 2 });
    expect((await bell(first.ben)).unread).toBe(2);
  });

  it("lines are read by id or all at once, the person's other pages hear of it, and no message is read by it", async () => {
    const { ben, ids } = await addressee("one", "two", "three");
    const page = await cluster.socket(ben, 1);
    const { items } = await bell(ben);
    const first = await read(ben, { ids: [items[0]!.id] });
    expect(first).toEqual({ ids: [items[0]!.id], unread: 2 });
    await page.waitFor("notifications_read", (told) => told.unread === 2 && told.ids[0] === items[0]!.id);
    expect((await bell(ben, "?unread=true")).items.map((line) => line.message)).toEqual(["two", "one"]);
    expect((await read(ben)).ids).toHaveLength(2);
    expect(await read(ben)).toEqual({ ids: [], unread: 0 });
    await page.waitFor("notifications_read", (told) => told.unread === 0);
    const { conversations } = await cluster.call<{ conversations: object }>(
      ben,
      "GET",
      "/api/messages/unread",
    );
    expect(Object.keys(conversations).toSorted()).toEqual(ids.toSorted());
    // What comes after the line was read is a line of its own.
    await cluster.send(sender, ids[0]!, "more");
    await until(ben, ({ unread, items: [line] }) => unread === 1 && line?.message === "more");
  });

  it("shows nothing of a conversation that is not one's own any more", async () => {
    const { ben, ids } = await addressee("kept", "secret");
    await cluster.call(ana, "DELETE", `/api/messages/conversations/${ids[1]}/members/${ben.id}`);
    const { items, unread } = await bell(ben);
    expect([items.map((line) => line.message), unread]).toEqual([["kept"], 1]);
    await cluster.call(ben, "DELETE", `/api/messages/conversations/${ids[0]}`);
    expect(await bell(ben)).toEqual({ items: [], nextCursor: null, unread: 0 });
  });
});

describe("somebody who does not want to be told", () => {
  /** A line that is announced: what was sent before it would have been, too. */
  async function barrier(ben: TestPerson, page: TestSocket) {
    const { status } = await prefer(ben, { channels: { socket: true }, quietHours: null });
    expect(status).toBe(200);
    const id = await groupWith(ben);
    await cluster.send(sender, id, "barrier");
    await page.waitFor("notification", (line) => line.conversationId === id);
    return page.all("notification").map((line) => line.message);
  }

  /** A clock time in UTC, some hours from now. */
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);

  const others = { webhook: true, push: true, email: true };
  it.each<[string, () => NotificationPreferences, string[]]>([
    ["on their pages", () => ({ channels: { socket: false, ...others }, quietHours: null }), []],
    [
      "at this hour",
      () => ({
        channels: { socket: true, ...others },
        quietHours: { zone: "UTC", from: inHours(-2), to: inHours(2) },
      }),
      [],
    ],
    [
      "at another hour",
      () => ({
        channels: { socket: true, ...others },
        quietHours: { zone: "UTC", from: inHours(2), to: inHours(-2) },
      }),
      ["quiet?"],
    ],
  ])("%s: is told or not, and finds the line in the bell", async (_, preferences, told) => {
    const ben = await cluster.person("ben");
    const page = await cluster.socket(ben, 1);
    const wanted = preferences();
    expect((await prefer(ben, wanted)).body.data).toEqual(wanted);
    expect(await cluster.call(ben, "GET", `${path}/preferences`)).toEqual(wanted);
    const id = await groupWith(ben);
    await cluster.send(sender, id, "quiet?");
    await page.waitFor("unread", (each) => each.conversationId === id);
    await until(ben, ({ items }) => items[0]?.message === "quiet?");
    expect(await barrier(ben, page)).toEqual([...told, "barrier"]);
  });

  it("keeps the channels that a change does not name", async () => {
    const ben = await cluster.person("ben");
    await prefer(ben, { channels: { push: false, email: false }, quietHours: null });
    const { body } = await prefer(ben, { channels: { email: true }, quietHours: null });
    const channels = { socket: true, webhook: true, push: false, email: true };
    expect(body.data).toEqual({ channels, quietHours: null });
  });

  it("of a muted conversation has no line of it", async () => {
    const ben = await cluster.person("ben");
    const page = await cluster.socket(ben, 1);
    const id = await groupWith(ben);
    await cluster.call(ben, "POST", `/api/messages/conversations/${id}/mute`, {});
    await cluster.send(sender, id, "muted");
    expect(await barrier(ben, page)).toEqual(["barrier"]);
    expect((await bell(ben)).items).toHaveLength(1);
  });
});

describe("hostile input", () => {
  it.each<[string, string, object | undefined]>([
    ["GET", "?limit=0", undefined],
    ["GET", "?limit=1000000000", undefined],
    ["GET", "?unread=maybe", undefined],
    ["GET", "?cursor=AAAA", undefined],
    ["GET", "?userId=ana", undefined],
    ["POST", "/read", { ids: [] }],
    ["POST", "/read", { ids: ["1"] }],
    ["POST", "/read", { ids: randomUUID() }],
    ["POST", "/read", { ids: Array.from({ length: 201 }, () => randomUUID()) }],
    ["POST", "/read", { userId: "ana" }],
    ["PUT", "/preferences", {}],
    ["PUT", "/preferences", { channels: { socket: "yes" }, quietHours: null }],
    ["PUT", "/preferences", { channels: { socket: true, pigeon: true }, quietHours: null }],
    [
      "PUT",
      "/preferences",
      { channels: { socket: true }, quietHours: { zone: "+99:99", from: "22:00", to: "07:00" } },
    ],
    [
      "PUT",
      "/preferences",
      { channels: { socket: true }, quietHours: { zone: "UTC", from: "22:00", to: "24:00" } },
    ],
    [
      "PUT",
      "/preferences",
      { channels: { socket: true }, quietHours: { zone: "UTC", from: "22:00", to: "22:00" } },
    ],
  ])("%s %s %o is INVALID", async (method, rest, body) => {
    const answer = await cluster.rest(ana, method, `${path}${rest}`, body);
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });
});

describe("what the host tells one person", () => {
  const host = { token: serverKey };
  const words = {
    title: "Ticket resolved",
    message: "Ticket 7 is done.",
    level: "success",
    href: "/tickets/7",
  };
  const tell = (userId: string, body: object) =>
    cluster.rest(host, "POST", `/api/users/${userId}/notifications`, body);

  it("is a line of the bell, is announced, and is an event of their channel; a retry is one line", async () => {
    const { ben, ids } = await addressee("a message");
    const socket = await cluster.socket(ben, 1);
    await socket.ok("subscribe", { channel: `user:${ben.id}` });
    const eventId = randomUUID();
    const first = await tell(ben.id, { ...words, eventId });
    expect(first.status).toBe(201);
    const { cursor, notification } = first.body.data as HostNotice;
    expect(notification).toMatchObject({ ...words, type: "host", conversationId: null, seq: null, count: 1 });
    expect(await socket.waitFor("notification", (line) => line.type === "host")).toEqual(notification);
    expect(await socket.waitFor("channel_event")).toMatchObject({
      event: "user-notification",
      payload: words,
      cursor,
    });
    const again = await tell(ben.id, { ...words, eventId });
    expect([again.status, again.body.data]).toEqual([200, { cursor, duplicate: true, notification }]);
    expect((await tell(ben.id, { ...words, title: "Other", eventId })).status).toBe(409);
    const { items, unread } = await bell(ben);
    expect(items.map((line) => line.id).slice(0, 1)).toEqual([notification.id]);
    expect([items.length, items[1]!.conversationId, unread]).toEqual([2, ids[0], 2]);
    expect(await read(ben, { ids: [notification.id] })).toEqual({ ids: [notification.id], unread: 1 });
    expect((await bell(ben, "?unread=true")).items.map((line) => line.type)).toEqual(["message"]);
    socket.close();
  });

  it("has its place among the pages of the bell, by time", async () => {
    const { ben } = await addressee("one", "two");
    for (const title of ["three", "four"])
      expect((await tell(ben.id, { title, message: "x" })).status).toBe(201);
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: NotificationList = await bell(
        ben,
        `?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      seen.push(...page.items.map((line) => (line.type === "host" ? line.title : line.message)));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(["four", "three", "two", "one"]);
    expect((await read(ben)).unread).toBe(0);
  });

  it("is not announced to who wants to be told nothing, and is in the bell all the same", async () => {
    const ben = await cluster.person("ben");
    await prefer(ben, { channels: { socket: false }, quietHours: null });
    const socket = await cluster.socket(ben, 0);
    await tell(ben.id, { title: "quiet", message: "x" });
    await prefer(ben, { channels: { socket: true }, quietHours: null });
    await tell(ben.id, { title: "loud", message: "x" });
    await socket.waitFor("notification");
    expect(socket.all("notification").map((line) => line.title)).toEqual(["loud"]);
    expect((await bell(ben)).items.map((line) => line.title)).toEqual(["loud", "quiet"]);
    socket.close();
  });

  it.each([
    ["no title", { message: "x" }],
    ["a blank title", { title: " ", message: "x" }],
    ["NUL", { title: "a\u0000", message: "x" }],
    ["a lone surrogate", { title: "x", message: "\ud800" }],
    ["a title of 201 characters", { title: "x".repeat(201), message: "x" }],
    ["an unknown level", { title: "x", message: "x", level: "loud" }],
    ["an address that would run", { title: "x", message: "x", href: "javascript:alert(1)" }],
    ["an address that is data", { title: "x", message: "x", href: "data:text/html,x" }],
    ["an unknown field", { title: "x", message: "x", userId: "y" }],
    [
      "details nested too deep",
      { title: "x", message: "x", details: JSON.parse(`${'{"a":'.repeat(20)}1${"}".repeat(20)}`) },
    ],
  ])("is refused with %s, and nothing is kept", async (_, body) => {
    const ben = await cluster.person("ben");
    expect((await tell(ben.id, body)).body.error).toMatchObject({ code: "INVALID" });
    expect((await bell(ben)).items).toEqual([]);
  });

  it("is told nobody who is not there", async () => {
    const { status, body } = await tell("nobody.at.all", words);
    expect([status, body.error?.code]).toEqual([404, "NOT_FOUND"]);
    expect(await cluster.sql("SELECT FROM channels WHERE name = 'user:nobody.at.all'")).toEqual([]);
  });
});
