import { randomUUID } from "node:crypto";
import type { Page } from "@parloir/contracts/http.ts";
import type { Conversation, FoundMessage } from "@parloir/contracts/shapes.ts";
import { rebuildSearch } from "@parloir/worker/search/rebuild.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster({ apis: 2, workers: 1 });
afterAll(() => cluster.stop());

const path = "/api/messages/search";
const pathOf = (query: Record<string, string>) => `${path}?${new URLSearchParams(query)}`;

async function page(person: TestPerson, query: Record<string, string>): Promise<Page<FoundMessage>> {
  return cluster.call<Page<FoundMessage>>(person, "GET", pathOf(query));
}

/** The contents that were found, newest first. */
async function find(person: TestPerson, query: string | Record<string, string>): Promise<string[]> {
  const { items } = await page(person, typeof query === "string" ? { q: query } : query);
  return items.map(({ message }) => message.content);
}

async function allPages(person: TestPerson, query: Record<string, string>): Promise<string[]> {
  const contents: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { items, nextCursor } = await page(person, { ...query, ...(cursor ? { cursor } : {}) });
    contents.push(...items.map(({ message }) => message.content));
    cursor = nextCursor;
  }
  return contents;
}

/** Messages are found a moment after their ack: this waits until all of them are indexed. */
async function indexed(): Promise<void> {
  const left = () => cluster.sql<{ n: number }>("SELECT count(*)::int AS n FROM outbox");
  await eventually("the outbox", left, ([row]) => row!.n === 0);
}

async function say(person: TestPerson, conversationId: string, ...contents: string[]): Promise<void> {
  for (const content of contents) {
    const body = { conversationId, clientMessageId: randomUUID(), content };
    await cluster.call(person, "POST", "/api/messages", body);
  }
}

async function support(customer: TestPerson, title = "Order A-1"): Promise<Conversation> {
  const subject = { type: "order", id: randomUUID(), title };
  return cluster.call(customer, "POST", "/api/messages/conversations", { kind: "support", subject });
}

describe("words", () => {
  let ana: TestPerson;

  beforeAll(async () => {
    ana = await cluster.person("ana");
    const { id } = await cluster.conversation(ana, await cluster.person("bo"));
    await say(
      ana,
      id,
      "L’été dernier les livraisons étaient en retard",
      "The deliveries were running late last summer",
      "Order #A-1234 of ada@example.org: see https://shop.example/parcels/77",
      "ﬁnally cafe\u0301 opened",
      "Привет, где заказ?",
      "100% of the <b>snake_case</b> name",
    );
    await indexed();
  });

  it.each([
    ["accents left out", "ete", "L’été"],
    ["accents put in", "rétard", "L’été"],
    ["capitals", "LIVRAISONS", "L’été"],
    ["the French singular", "livraison", "L’été"],
    ["the English singular", "delivery", "The deliveries"],
    ["another English form", "run", "The deliveries"],
    ["the beginning of a last word", "livrais", "L’été"],
    ["a few letters of it", "ru", "The deliveries"],
    ["two words in any order", "retard livraison", "L’été"],
    ["French words between them", "les livraisons de retard", "L’été"],
    ["an apostrophe", "l'été", "L’été"],
    ["a number in an order's name", "1234", "Order"],
    ["the order's whole name", "A-1234", "Order"],
    ["an address", "ada@example.org", "Order"],
    ["part of a link", "parcels", "Order"],
    ["ligatures", "finally", "ﬁnally"],
    ["accents written as two characters", "café", "ﬁnally"],
    ["another script", "заказ", "Привет"],
    ["tags and underscores", "snake case", "100%"],
  ])("are found by %s: %s", async (_, query, beginning) => {
    const found = await find(ana, query);
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((content) => content.startsWith(beginning))).toBe(true);
  });

  it.each(["livraison delivery", "nothing", "tard", "tretard"])("%s is not found", async (query) => {
    expect(await find(ana, query)).toEqual([]);
  });

  it("only the last word may be a beginning", async () => {
    expect(await find(ana, "livr")).toHaveLength(1);
    expect(await find(ana, "livr retard")).toEqual([]);
  });

  it("that match are marked in the message's own text", async () => {
    const marked = async (q: string) =>
      (await page(ana, { q })).items[0]!.snippet.map(({ text, match }) => (match ? `[${text}]` : text)).join(
        "",
      );
    expect(await marked("livraison ete")).toBe("L’[été] dernier les [livraisons] étaient en retard");
    expect(await marked("runs summ")).toBe("The deliveries were [running] late last [summer]");
    expect(await marked("1234 shop")).toBe(
      "Order #A-[1234] of ada@example.org: see https://[shop].example/parcels/77",
    );
    expect(await marked("name")).toBe("100% of the <b>snake_case</b> [name]");
  });
});

describe("what one may see", () => {
  it("is one's own conversations, and for agents all support", async () => {
    const [eve, bea, kim] = [
      await cluster.person("eve"),
      await cluster.person("bea"),
      await cluster.person("kim", "agent"),
    ];
    const [friends, help] = [await cluster.conversation(eve, bea), await support(eve)];
    await say(eve, friends.id, "zebra among friends");
    await say(eve, help.id, "zebra for the team");
    await indexed();
    expect(await find(eve, "zebra")).toEqual(["zebra for the team", "zebra among friends"]);
    expect(await find(bea, "zebra")).toEqual(["zebra among friends"]);
    expect(await find(kim, "zebra")).toEqual(["zebra for the team"]);
    // An agent sees whose conversation it is; the customer knows.
    const path = "/api/messages/search?q=zebra";
    const named = async (person: TestPerson) =>
      (await cluster.call<Page<FoundMessage>>(person, "GET", path)).items.map(
        ({ customerName }) => customerName,
      );
    expect(await named(kim)).toEqual(["eve"]);
    expect(await named(eve)).toEqual([undefined, undefined]);
    expect(await find(await cluster.person("mallory"), "zebra")).toEqual([]);
    for (const filter of [{ conversationId: friends.id }, { senderId: eve.id, status: "open" }]) {
      expect(await find(kim, { q: "zebra among", ...filter })).toEqual([]);
    }
    expect(await find(bea, { q: "zebra", conversationId: help.id })).toEqual([]);
    expect(await find(bea, { q: "zebra", conversationId: randomUUID() })).toEqual([]);
  });

  it("begins where one joined or cleared, and ends where one left", async () => {
    const [gil, hal, ivy] = [
      await cluster.person("gil"),
      await cluster.person("hal"),
      await cluster.person("ivy"),
    ];
    const group = await cluster.conversation(gil, hal, await cluster.person("jo"));
    const base = `/api/messages/conversations/${group.id}`;
    await say(gil, group.id, "walrus before");
    await cluster.call(gil, "POST", `${base}/members`, { userId: ivy.id });
    await cluster.call(hal, "DELETE", base);
    await say(gil, group.id, "walrus after");
    await indexed();
    expect(await find(gil, "walrus")).toEqual(["walrus after", "walrus before"]);
    expect(await find(ivy, "walrus")).toEqual(["walrus after"]);
    expect(await find(hal, { q: "walrus", conversationId: group.id })).toEqual(["walrus after"]);
    await cluster.call(ivy, "POST", `${base}/leave`);
    expect(await find(ivy, "walrus")).toEqual([]);
    expect(await find(ivy, { q: "walrus", conversationId: group.id })).toEqual([]);
  });

  it("changes with a message", async () => {
    const [leo, mia] = [await cluster.person("leo"), await cluster.person("mia")];
    const { id } = await cluster.conversation(leo, mia);
    await say(leo, id, "otter first", "otter second", "otter third");
    await indexed();
    const update = "UPDATE messages SET %s WHERE conversation_id = $1 AND seq = $2";
    await cluster.sql(update.replace("%s", "content = 'beaver', edited_at = now()"), [id, 1]);
    await cluster.sql(update.replace("%s", "content = '', deleted_at = now()"), [id, 2]);
    expect(await find(mia, "otter")).toEqual(["otter third"]);
    expect(await find(mia, "beaver")).toEqual(["beaver"]);
    await cluster.sql("DELETE FROM messages WHERE conversation_id = $1 AND seq = 3", [id]);
    expect(await find(mia, "otter")).toEqual([]);
    const rows = await cluster.sql("SELECT seq FROM message_search WHERE conversation_id = $1", [id]);
    expect(rows).toHaveLength(2);
  });

  it("is what a message became, also when it changed before it was indexed", async () => {
    const [nia, oto] = [await cluster.person("nia"), await cluster.person("oto")];
    const { id } = await cluster.conversation(nia, oto);
    await say(nia, id, "ferret", "ferret that goes");
    await cluster.sql(
      `UPDATE messages SET content = CASE seq WHEN 1 THEN 'badger' ELSE '' END,
        deleted_at = CASE seq WHEN 2 THEN now() END WHERE conversation_id = $1`,
      [id],
    );
    await indexed();
    expect(await find(oto, "ferret")).toEqual([]);
    expect(await find(oto, "badger")).toEqual(["badger"]);
  });
});

describe("filters", () => {
  it("are person, subject, status, conversation and time", async () => {
    const [pia, kim] = [await cluster.person("pia"), await cluster.person("kim", "agent")];
    const [first, second] = [await support(pia), await support(pia)];
    await say(pia, first.id, "lemur one");
    await say(kim, first.id, "lemur two");
    await say(pia, second.id, "lemur three");
    await cluster.call(kim, "POST", `/api/messages/conversations/${second.id}/close`);
    await indexed();
    const q = "lemur";
    const { type: subjectType, id: subjectId } = first.subject!;
    expect(await find(kim, q)).toEqual(["lemur three", "lemur two", "lemur one"]);
    for (const person of [pia, kim]) {
      expect(await find(person, { q, senderId: pia.id })).toEqual(["lemur three", "lemur one"]);
      expect(await find(person, { q, senderId: kim.id })).toEqual(["lemur two"]);
      expect(await find(person, { q, subjectType, subjectId })).toEqual(["lemur two", "lemur one"]);
      expect(await find(person, { q, status: "closed" })).toEqual(["lemur three"]);
      expect(await find(person, { q, status: "pending" })).toEqual([]);
      expect(await find(person, { q, conversationId: second.id })).toEqual(["lemur three"]);
      const [newest, middle] = (await page(person, { q })).items.map(({ message }) => message);
      expect(await find(person, { q, from: newest!.createdAt })).toEqual(["lemur three"]);
      expect(await find(person, { q, to: middle!.createdAt })).toEqual(["lemur one"]);
      expect(await find(person, { q, from: newest!.createdAt, to: newest!.createdAt })).toEqual([]);
    }
  });
});

describe("pages", () => {
  it.each(["client", "agent"] as const)(
    "repeat and skip nothing while others write, for a %s",
    async (role) => {
      const [quinn, reader] = [await cluster.person("quinn"), await cluster.person("rae", role)];
      const { id } = role === "agent" ? await support(quinn) : await cluster.conversation(quinn, reader);
      const word = `gecko${role}`;
      const old = Array.from({ length: 7 }, (_, index) => `${word} ${index}`);
      await say(quinn, id, ...old);
      await indexed();
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const { items, nextCursor }: Page<FoundMessage> = await page(reader, {
          q: word,
          limit: "3",
          ...(cursor === null ? {} : { cursor }),
        });
        seen.push(...items.map(({ message }) => message.content));
        cursor = nextCursor;
        await say(quinn, id, `${word} new`);
        await indexed();
      } while (cursor !== null);
      expect(seen).toEqual(old.toReversed());
    },
  );

  it("belong to their query and person", async () => {
    const [sam, tea] = [await cluster.person("sam"), await cluster.person("tea")];
    const { id } = await cluster.conversation(sam, tea);
    await say(sam, id, "newt one", "newt two", "toad three");
    await indexed();
    const { nextCursor } = await page(sam, { q: "newt", limit: "1" });
    const status = async (person: TestPerson, query: Record<string, string>) =>
      (await cluster.rest(person, "GET", pathOf({ limit: "1", cursor: nextCursor!, ...query }))).status;
    expect(await status(sam, { q: "newt" })).toBe(200);
    expect(await status(tea, { q: "newt" })).toBe(400);
    expect(await status(sam, { q: "toad" })).toBe(400);
    expect(await status(sam, { q: "newt", conversationId: id })).toBe(400);
    expect(await status(sam, { q: "newt", cursor: `${nextCursor}A` })).toBe(400);
  });
});

describe("an agent's search", () => {
  it("reaches through all months, newest first, each message once, for everybody and for one sender", async () => {
    const [sue, tom] = [await cluster.person("sue"), await cluster.person("tom", "agent")];
    const { id } = await support(sue);
    // A day, and the last and first moments of months, on both sides of where the steps of a search end.
    await cluster.sql(
      `INSERT INTO messages (id, conversation_id, seq, sender_id, client_message_id, fingerprint, content, change,
        kind, created_at)
      SELECT uuidv7(), $1, n, CASE n % 2 WHEN 0 THEN $2 ELSE $3 END, n::text, 0, 'walrus ' || n, n, 'text',
        CASE n % 3
          WHEN 0 THEN date_trunc('month', now()) - interval '1 month' * (20 - n / 3)
          WHEN 1 THEN date_trunc('month', now()) - interval '1 month' * (20 - n / 3) + interval '1 ms'
          ELSE date_trunc('month', now()) - interval '1 month' * (19 - n / 3) - interval '1 ms' END
      FROM generate_series(1, 60) n`,
      [id, sue.id, tom.id],
    );
    await cluster.sql("UPDATE conversations SET last_seq = 60, last_change = 60 WHERE id = $1", [id]);
    await rebuildSearch(cluster.apis[0]!.database);
    const all = Array.from({ length: 60 }, (_, n) => `walrus ${60 - n}`);
    expect(await allPages(tom, { q: "walrus", limit: "7" })).toEqual(all);
    expect(await find(tom, { q: "walrus", limit: "50" })).toEqual(all.slice(0, 50));
    const from = new Date(Date.now() - 400 * 86_400_000).toISOString();
    const since = await allPages(tom, { q: "walrus", from, limit: "50" });
    expect(since).toEqual(all.slice(0, since.length));
    expect(since.length).toBeGreaterThan(36);
    expect(await allPages(tom, { q: "walrus", status: "closed" })).toEqual([]);
  });
});

describe("a bad search", () => {
  let uma: TestPerson;
  const refused = async (query: string) => {
    const { status, body } = await cluster.rest(uma, "GET", `${path}?${query}`);
    return [status, body.error?.code];
  };

  beforeAll(async () => {
    uma = await cluster.person("uma");
    const { id } = await cluster.conversation(uma, await cluster.person("vic"));
    await say(uma, id, "1 or 1", "a plus", "100 percent");
    await indexed();
  });

  it.each([
    ["' OR 1=1--", ["1 or 1"]],
    ["%_\\", []],
    ["((((", []],
    ["(a+)+$", ["a plus"]],
    ["a & !b | c:*", []],
    ["'", []],
    ["\u0301", []],
    ["<-> \u200b 100:*", ["100 percent"]],
    ["😀", []],
  ])("%s is plain words", async (q, found) => {
    const all = await find(uma, q);
    expect(all.filter((content) => content !== "a plus" || q.includes("a+"))).toEqual(found);
  });

  it.each([
    "",
    "q=",
    "q=%20",
    "q=%00",
    `q=${"x".repeat(201)}`,
    "q=a&q=b",
    "q[]=a",
    "q=a&what=b",
    "q=a&limit=0",
    "q=a&limit=-1",
    "q=a&limit=1e9",
    "q=a&limit=abc",
    "q=a&cursor=abc",
    "q=a&conversationId=1",
    "q=a&senderId=a%20b",
    "q=a&status=gone",
    "q=a&subjectId=1",
    "q=a&subjectType=order",
    "q=a&from=yesterday",
    "q=a&from=2026-01-01T00:00:00%2B99:99",
    "q=a&from=0000-01-01T00:00:00Z",
    "q=a&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
  ])("%s is INVALID", async (query) => {
    expect(await refused(query)).toEqual([400, "INVALID"]);
  });

  it("of a megabyte is refused, and nothing else happens", async () => {
    const response = await fetch(`${cluster.apis[0]!.url}${path}?q=${"a+".repeat(500_000)}`, {
      headers: { authorization: `Bearer ${uma.token}` },
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(await find(uma, "percent")).toEqual(["100 percent"]);
  });

  it("wants a person", async () => {
    expect((await cluster.request(null, "GET", `${path}?q=a`)).status).toBe(401);
  });

  it("that is slow is given up after two seconds", async () => {
    const client = await cluster.postgres.connect();
    try {
      await client.query("BEGIN; LOCK TABLE message_search IN ACCESS EXCLUSIVE MODE");
      expect(await refused("q=percent")).toEqual([503, "UNAVAILABLE"]);
    } finally {
      await client.query("ROLLBACK");
      client.release();
    }
    expect(await find(uma, "percent")).toEqual(["100 percent"]);
  });
});

describe("a rebuild", () => {
  it("finds again what the index lost, more than one step's worth, once, and nothing that is deleted", async () => {
    const vic = await cluster.person("vic");
    const { id } = await cluster.conversation(vic, await cluster.person("wim"));
    await say(vic, id, "kept", "lost", "gone");
    await indexed();
    const gone = await cluster.call<{ deletedAt: string }>(vic, "DELETE", `/api/messages/${id}/3`);
    expect(gone.deletedAt).not.toBeNull();
    await cluster.sql(
      `INSERT INTO messages (id, conversation_id, seq, sender_id, client_message_id, fingerprint,
        content, change, kind, created_at)
      SELECT uuidv7(), m.conversation_id, n, m.sender_id, n::text, m.fingerprint, 'old worker', n, m.kind,
        m.created_at
      FROM messages m, generate_series(4, 1204) n WHERE m.conversation_id = $1 AND m.seq = 1`,
      [id],
    );
    await cluster.sql("UPDATE conversations SET last_seq = 1204, last_change = 1204 WHERE id = $1", [id]);
    await cluster.sql("DELETE FROM message_search WHERE conversation_id = $1 AND seq > 1", [id]);
    expect(await find(vic, "lost")).toEqual([]);
    const { database } = cluster.apis[0]!;
    expect((await rebuildSearch(database)).indexed).toBe(1_202);
    expect(await find(vic, "lost")).toEqual(["lost"]);
    expect(await find(vic, { q: "worker", limit: "2" })).toEqual(["old worker", "old worker"]);
    expect(await find(vic, "gone")).toEqual([]);
    expect((await rebuildSearch(database)).indexed).toBe(0);
  });
});
