import type { HistoryPage, Page, UnreadSummary } from "@parloir/contracts/http.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 2, apis: 2 });
afterAll(() => cluster.stop());

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function pairWith(messages: number) {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const sender = await cluster.socket(ana, 0);
  for (let n = 1; n <= messages; n++) await cluster.send(sender, id, `message ${n}`);
  return { ana, ben, id, sender };
}

describe("history", () => {
  let ben: TestPerson;
  let id: string;
  beforeAll(async () => {
    ({ ben, id } = await pairWith(120));
  });
  const get = (query: string) => cluster.rest(ben, "GET", `/api/messages?conversationId=${id}${query}`);

  it.each([
    ["", range(71, 120), true],
    ["&limit=3", [118, 119, 120], true],
    ["&limit=120", range(1, 120), false],
    ["&limit=200", range(1, 120), false],
    ["&after=0", range(1, 50), true],
    ["&after=0&limit=2", [1, 2], true],
    ["&after=118", [119, 120], false],
    ["&after=118&limit=2", [119, 120], false],
    ["&after=118&limit=1", [119], true],
    ["&after=120", [], false],
    ["&after=1000000", [], false],
    ["&after=9007199254740991", [], false],
    ["&before=4", [1, 2, 3], false],
    ["&before=4&limit=2", [2, 3], true],
    ["&before=1", [], false],
    ["&before=0", [], false],
    ["&before=100000&limit=1", [120], true],
    ["&page=1&limit=50", range(1, 50), true],
    ["&page=3&limit=50", range(101, 120), false],
    ["&page=4&limit=50", [], false],
    ["&page=1000000&limit=200", [], false],
  ])("%s", async (query, seqs, hasMore) => {
    const { status, body } = await get(query);
    const page = body.data as HistoryPage;
    expect(status).toBe(200);
    expect(page.messages.map((message) => message.seq)).toEqual(seqs);
    expect([page.lastSeq, page.hasMore]).toEqual([120, hasMore]);
  });

  it.each([
    "&limit=0",
    "&limit=-1",
    "&limit=201",
    "&limit=1e9",
    "&limit=1000000000",
    "&limit=abc",
    "&limit=",
    "&limit=1.5",
    "&limit=0x10",
    "&limit=%2B5",
    "&limit=5&limit=6",
    "&limit[]=5",
    "&limit[a]=5",
    "&after=-1",
    "&after=abc",
    "&after=9007199254740992",
    "&after=9223372036854775808",
    "&after=1e3",
    "&before=-1",
    "&page=0",
    "&page=1000001",
    "&after=1&before=2",
    "&after=1&page=1",
    "&cursor=1",
    "&role=admin",
    "&__proto__=1",
    "&constructor=1",
  ])("%s is INVALID", async (query) => {
    const { status, body } = await get(query);
    expect([status, body.error?.code]).toEqual([400, "INVALID"]);
  });

  it("read page by page while others write skips and repeats nothing", async () => {
    const { ben: reader, id: busy, sender } = await pairWith(30);
    const writing = Promise.all(range(31, 80).map((n) => cluster.send(sender, busy, `message ${n}`)));
    const seqs: number[] = [];
    for (;;) {
      const path = `/api/messages?conversationId=${busy}&after=${seqs.at(-1) ?? 0}&limit=7`;
      const page = await cluster.call<HistoryPage>(reader, "GET", path);
      seqs.push(...page.messages.map((message) => message.seq));
      if (page.messages.length === 0) {
        if (seqs.length === 80) break;
        await writing;
      }
    }
    expect(seqs).toEqual(range(1, 80));
  });

  it("contains everything that was acked before it was asked for", async () => {
    const { ben: reader, id: busy, sender } = await pairWith(0);
    for (let n = 1; n <= 30; n++) {
      const { seq } = await cluster.send(sender, busy);
      const page = await cluster.call<HistoryPage>(
        reader,
        "GET",
        `/api/messages?conversationId=${busy}&limit=1`,
      );
      expect([page.lastSeq, page.messages[0]?.seq]).toEqual([seq, seq]);
    }
  });
});

const list = (person: TestPerson, query = "") =>
  cluster.call<Page<Conversation>>(person, "GET", `/api/messages/conversations${query}`);

describe("the list of conversations", () => {
  let ana: TestPerson;
  let newestFirst: string[];
  beforeAll(async () => {
    ana = await cluster.person("ana");
    const socket = await cluster.socket(ana, 0);
    const ids: string[] = [];
    for (let n = 0; n < 23; n++)
      ids.push((await cluster.conversation(ana, await cluster.person("other"))).id);
    const order = ids.toSorted();
    for (const id of order) await cluster.send(socket, id);
    newestFirst = order.toReversed();
  });

  it.each([1, 7, 22, 23, 200])("by pages of %i is each once, newest activity first", async (limit) => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<Conversation> = await list(ana, `?limit=${limit}${query}`);
      ids.push(...page.items.map((item) => item.id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(ids).toEqual(newestFirst);
  });

  it("gives the same conversation as it gives alone, with its last message", async () => {
    const [first] = (await list(ana, "?limit=1")).items;
    const { messages: _, ...alone } = await cluster.call<Conversation & { messages: unknown }>(
      ana,
      "GET",
      `/api/messages/conversations/${first!.id}`,
    );
    expect(first).toEqual(alone);
    expect(first!.lastMessage).toMatchObject({ seq: 1, content: "hello" });
  });

  it("refuses a cursor that was changed in any place, or cut", async () => {
    const { nextCursor } = await list(ana, "?limit=2");
    const bytes = Buffer.from(nextCursor!, "base64url");
    const changed = [...bytes.keys()].map((at) => {
      const copy = Buffer.from(bytes);
      copy[at] = copy[at]! ^ 1;
      return copy.toString("base64url");
    });
    const cut = [1, 11, 12, 13, bytes.length - 1].map((length) =>
      bytes.subarray(0, length).toString("base64url"),
    );
    for (const cursor of [...changed, ...cut, "x", "null", "0".repeat(512)]) {
      const { status, body } = await cluster.rest(ana, "GET", `/api/messages/conversations?cursor=${cursor}`);
      expect([cursor, status, body.error?.code]).toEqual([cursor, 400, "INVALID"]);
    }
  });

  it("refuses another person's cursor", async () => {
    const { nextCursor } = await list(ana, "?limit=2");
    const ben = await cluster.person("ben");
    const { status, body } = await cluster.rest(
      ben,
      "GET",
      `/api/messages/conversations?cursor=${nextCursor}`,
    );
    expect([status, body.error?.code]).toEqual([400, "INVALID"]);
  });

  it.each([
    "limit=0",
    "limit=-1",
    "limit=1e9",
    "limit=abc",
    "limit=201",
    "status=gone",
    "kind=secret",
    "archived=yes",
    "x=1",
  ])("refuses %s", async (query) => {
    const { status, body } = await cluster.rest(ana, "GET", `/api/messages/conversations?${query}`);
    expect([status, body.error?.code]).toEqual([400, "INVALID"]);
  });
});

describe("deleting a conversation for oneself", () => {
  async function deleted() {
    const scene = await pairWith(5);
    await cluster.call(scene.ben, "DELETE", `/api/messages/conversations/${scene.id}`);
    return scene;
  }

  it("takes it and its history from this person only", async () => {
    const { ana, ben, id } = await deleted();
    expect((await list(ben)).items).toEqual([]);
    expect((await list(ana)).items.map((item) => [item.id, item.lastMessage?.seq])).toEqual([[id, 5]]);
    const mine = await cluster.call<HistoryPage>(ben, "GET", `/api/messages?conversationId=${id}&after=0`);
    expect([mine.messages, mine.lastSeq]).toEqual([[], 5]);
    const hers = await cluster.call<HistoryPage>(ana, "GET", `/api/messages?conversationId=${id}`);
    expect(hers.messages).toHaveLength(5);
    expect(await cluster.call<UnreadSummary>(ben, "GET", "/api/messages/unread")).toEqual({
      total: 0,
      conversations: {},
    });
  });

  it("hides the old history from sync and join as well, on a gateway that still holds it", async () => {
    const { ben, id, sender } = await pairWith(5);
    const socket: TestSocket = await cluster.socket(ben, 0);
    await cluster.call(ben, "DELETE", `/api/messages/conversations/${id}`);
    await socket.waitFor("conversation_removed", (removed) => removed.conversationId === id);
    await cluster.send(sender, id, "after");
    for (const cursor of [0, 2]) {
      const { conversations } = await socket.ok("sync", { cursors: { [id]: cursor } });
      expect(conversations[0]?.messages.map((message) => message.content)).toEqual(["after"]);
    }
    const joined = await socket.ok("join_conversation", { conversationId: id });
    expect(joined.messages.map((message) => message.content)).toEqual(["after"]);
    const again = await cluster.socket(ben, 0);
    const { conversations } = await again.ok("sync", { cursors: { [id]: 0 } });
    expect(conversations[0]?.messages.map((message) => message.content)).toEqual(["after"]);
  });

  it("is undone by the next message: it is listed again, with that message alone", async () => {
    const { ben, id, sender } = await deleted();
    await cluster.send(sender, id, "after");
    const [item] = (await list(ben)).items;
    expect(item).toMatchObject({ id, unreadCount: 1, lastMessage: { seq: 6, content: "after" } });
    const page = await cluster.call<HistoryPage>(ben, "GET", `/api/messages?conversationId=${id}&before=100`);
    expect(page.messages.map((message) => message.seq)).toEqual([6]);
    const one = await cluster.call<{ messages: unknown[] }>(ben, "GET", `/api/messages/conversations/${id}`);
    expect(one.messages).toHaveLength(1);
  });

  it("is undone by asking for it again, with its history still gone", async () => {
    const { ana, ben, id } = await deleted();
    const again = await cluster.conversation(ben, ana);
    expect(again).toMatchObject({ id, lastMessage: null, unreadCount: 0 });
    expect((await list(ben)).items.map((item) => item.id)).toEqual([id]);
  });

  it("brings the next message to a socket that connected in between", async () => {
    const { ben, id, sender } = await deleted();
    const socket = await cluster.socket(ben, 1);
    expect((await socket.ready()).conversations).toEqual([]);
    await cluster.send(sender, id, "after");
    expect((await socket.messages(id, 1))[0]).toMatchObject({ seq: 6, content: "after" });
  });
});
