import { randomUUID } from "node:crypto";
import type {
  NotificationList,
  NotificationPreferences,
  ReadNotifications,
} from "@parloir/contracts/notifications.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";
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
