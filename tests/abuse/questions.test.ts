import { randomUUID } from "node:crypto";
import type { HistoryPage, Page } from "@parloir/contracts/http.ts";
import type { Conversation, FoundMessage } from "@parloir/contracts/shapes.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { serverKey, startCluster, type TestPerson } from "../cluster/cluster.ts";
import { operationsOf } from "../fuzz/surfaces/openapi.ts";
import { valueFor } from "../fuzz/values.ts";
import { eventually } from "../setup/waiting.ts";
import { first } from "./first.ts";
import { bystanders, expectNoTrace, rawRequest } from "./raw.ts";

/** What is asked for: ids, cursors, limits, times and searches, through the balancer. */
const cluster = await startCluster({ balancer: true, gateways: 2, apis: 2, workers: 1 });
const calm = await bystanders(cluster);
afterAll(() => cluster.stop());
afterEach(() => calm.expectUnharmed());

let [ana, ben, root]: TestPerson[] = [];
let id: string;
let hook: { id: string };
beforeAll(async () => {
  [ana, ben, root] = [
    await cluster.person("ana"),
    await cluster.person("ben"),
    await cluster.person("root", "admin"),
  ];
  id = (await cluster.conversation(ana, ben)).id;
  hook = await cluster.call(root, "POST", "/api/webhooks", { url: "https://hooks.example/x" });
});

async function answerTo(path: string, bearer = ana!.token) {
  const { status, body } = await cluster.request(bearer, "GET", path);
  expectNoTrace(JSON.stringify(body));
  return [status, body.error?.code];
}
const invalid = [400, "INVALID"];
const message = (content: string, clientMessageId: string = randomUUID()) => ({
  conversationId: id,
  clientMessageId,
  content,
});

async function say(person: TestPerson, conversationId: string, ...contents: string[]): Promise<void> {
  for (const content of contents)
    await cluster.call(person, "POST", "/api/messages", { ...message(content), conversationId });
}

describe("an id", () => {
  it.each([
    "1",
    "9223372036854775808",
    "not-a-uuid",
    "{00000000-0000-4000-8000-000000000000}",
    "00000000-0000-4000-8000-00000000000G",
    "' OR 1=1--",
    "\u0000",
  ])("that is no UUID (%j) is INVALID, wherever it stands", async (odd) => {
    const text = encodeURIComponent(odd);
    for (const path of [
      `conversations/${text}`,
      `?conversationId=${text}`,
      `search?q=a&conversationId=${text}`,
    ])
      expect(await answerTo(`/api/messages/${path}`.replace("/?", "?"))).toEqual(invalid);
  });

  it.each(["9223372036854775808", "9007199254740992", "-1", "1e3", "0x10", "abc", ""])(
    "of a message that is no number of one (%j) is INVALID",
    async (odd) => {
      for (const name of ["after", "before"])
        expect(await answerTo(`/api/messages?conversationId=${id}&${name}=${odd}`)).toEqual(invalid);
      for (const method of ["PATCH", "DELETE"]) {
        const body = method === "PATCH" ? { content: "x" } : undefined;
        const { status } = await cluster.rest(ana!, method, `/api/messages/${id}/${odd || "%20"}`, body);
        expect([method, status]).toEqual([method, 400]);
      }
    },
  );
});

const operations = operationsOf(
  (await (await fetch(`${cluster.url}/openapi.json`)).json()) as Parameters<typeof operationsOf>[0],
);
const lists = operations.filter(
  ({ method, parameters }) => method === "GET" && parameters.some(({ name }) => name === "limit"),
);

describe("every list", () => {
  // A question that is wrong in itself would show nothing.
  it("is here", () => expect(lists.length).toBeGreaterThan(10));

  it.each(lists.map((each): [string, typeof each] => [each.path, each]))(
    "%s refuses a limit of 0, -1, 1e9 or abc, and a cursor that nobody was given",
    async (_, { path, parameters }) => {
      const pool = [id, root!.id];
      const address = path.replace(/\{\w+\}/g, path.includes("webhooks") ? hook.id : id);
      const query = parameters
        .filter((each) => each.in === "query" && each.required)
        .map(({ name, schema }) => `${name}=${encodeURIComponent(String(valueFor(schema, pool, first)))}&`)
        .join("");
      const byRoot = await answerTo(`${address}?${query}limit=1`, root!.token);
      const bearer = byRoot[0] === 401 ? serverKey : root!.token;
      const ask = (more: string) => answerTo(`${address}?${query}${more}`, bearer);
      expect(await ask("limit=1")).not.toEqual(invalid);
      for (const limit of ["0", "-1", "1e9", "1000000000", "abc", "", "1.5", "9223372036854775808"])
        expect([limit, await ask(`limit=${limit}`)]).toEqual([limit, invalid]);
      if (!parameters.some(({ name }) => name === "cursor")) return;
      for (const cursor of [
        "x",
        "null",
        "0".repeat(512),
        "%00",
        "' OR 1=1--",
        Buffer.alloc(40).toString("base64url"),
      ])
        expect([cursor, await ask(`cursor=${encodeURIComponent(cursor)}`)]).toEqual([cursor, invalid]);
    },
  );
});

describe("a cursor", () => {
  const list = (query: string) =>
    cluster.call<Page<unknown>>(ana!, "GET", `/api/messages/conversations?limit=1${query}`);

  it("that was changed in any place, or cut, is INVALID, and so is another person's", async () => {
    await cluster.conversation(ana!, root!);
    const { nextCursor } = await list("");
    const bytes = Buffer.from(nextCursor!, "base64url");
    const changed = [...bytes.keys()].map((at) => {
      const copy = Buffer.from(bytes);
      copy[at] = copy[at]! ^ 1;
      return copy.toString("base64url");
    });
    const path = "/api/messages/conversations?limit=1&cursor=";
    for (const cursor of [...changed, bytes.subarray(0, 12).toString("base64url")])
      expect([cursor, await answerTo(`${path}${cursor}`)]).toEqual([cursor, invalid]);
    expect(await answerTo(`${path}${nextCursor}`, ben!.token)).toEqual(invalid);
    expect((await list(`&cursor=${nextCursor}`)).items).toHaveLength(1);
  });

  it("of one conversation's notes is INVALID for another's", async () => {
    const open = () =>
      cluster.call<Conversation>(ana!, "POST", "/api/messages/conversations", { kind: "support" });
    const [one, two] = [await open(), await cluster.conversation(ana!, await cluster.person("cy"))];
    const notes = (conversationId: string, cursor = "") =>
      `/api/messages/conversations/${conversationId}/notes?limit=1${cursor}`;
    for (const content of ["first", "second"])
      await cluster.call(root!, "POST", `/api/messages/conversations/${one.id}/notes`, {
        clientNoteId: randomUUID(),
        content,
      });
    const { nextCursor } = await cluster.call<Page<unknown>>(root!, "GET", notes(one.id));
    expect(nextCursor).not.toBeNull();
    expect(await answerTo(notes(two.id, `&cursor=${nextCursor}`), root!.token)).toEqual(invalid);
    expect((await answerTo(notes(one.id, `&cursor=${nextCursor}`), root!.token))[0]).toBe(200);
  });
});

describe("the history", () => {
  it("after its head is empty, and says where the head is", async () => {
    const { id: short } = await cluster.conversation(ben!, await cluster.person("cleo"));
    await say(ben!, short, "one", "two");
    for (const after of [2, 3, 1_000_000, Number.MAX_SAFE_INTEGER]) {
      const path = `/api/messages?conversationId=${short}&after=${after}`;
      const page = await cluster.call<HistoryPage>(ben!, "GET", path);
      expect(page).toMatchObject({ messages: [], lastSeq: 2, hasMore: false });
    }
  });

  it("read page by page while others write skips and repeats nothing, in either direction", async () => {
    const { id: busy } = await cluster.conversation(ana!, ben!, root!);
    const socket = await cluster.socket(ana!);
    const write = (count: number) =>
      Promise.all(Array.from({ length: count }, () => cluster.send(socket, busy)));
    await write(40);
    const writing = write(60);
    const onwards: number[] = [];
    const read = (query: string) =>
      cluster.call<HistoryPage>(ben!, "GET", `/api/messages?conversationId=${busy}&limit=7&${query}`);
    while (onwards.length < 100)
      onwards.push(...(await read(`after=${onwards.at(-1) ?? 0}`)).messages.map(({ seq }) => seq));
    expect(onwards).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    await writing;
    const more = write(30);
    const backwards: number[] = [];
    for (let before = 101; before > 1; before = backwards[0]!)
      backwards.unshift(...(await read(`before=${before}`)).messages.map(({ seq }) => seq));
    expect(backwards).toEqual(onwards);
    await more;
  });
});

describe("a client message id", () => {
  it("that comes again with other content is a CONFLICT, by socket and by REST, and nothing is written", async () => {
    const socket = await cluster.socket(ana!);
    const sent = message("as it was");
    const { seq } = await socket.ok("send_message", sent);
    const changed = { ...sent, content: "as it never was" };
    expect(await socket.refused("send_message", changed)).toMatchObject({ code: "CONFLICT" });
    const { status, body } = await cluster.rest(ana!, "POST", "/api/messages", changed);
    expect([status, body.error?.code]).toEqual([409, "CONFLICT"]);
    const rows = await cluster.sql("SELECT content FROM messages WHERE conversation_id = $1 AND seq >= $2", [
      id,
      seq,
    ]);
    expect(rows).toEqual([{ content: "as it was" }]);
  });
});

describe("a time", () => {
  it.each(["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])(
    "of the client's own (%s) is never a message's",
    async (claimed) => {
      const clock = async () => (await cluster.sql<{ now: Date }>("SELECT clock_timestamp() AS now"))[0]!.now;
      const began = await clock();
      const response = await fetch(`${cluster.url}/api/messages`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${ana!.token}`,
          "content-type": "application/json",
          date: new Date(claimed).toUTCString(),
        },
        body: JSON.stringify(message("now")),
      });
      const { data } = (await response.json()) as { data: { createdAt: string } };
      // Stored by the millisecond or finer.
      expect(Date.parse(data.createdAt)).toBeGreaterThanOrEqual(began.getTime() - 1);
      expect(Date.parse(data.createdAt)).toBeLessThanOrEqual((await clock()).getTime() + 1);
      const { status } = await cluster.rest(ana!, "POST", "/api/messages", {
        ...message("then"),
        createdAt: claimed,
      });
      expect(status).toBe(400);
    },
  );

  const january = "2026-01-01T00:00:00Z";
  it.each([
    ["from after to", `from=2026-01-02T00:00:00Z&to=${january}`],
    ["of no zone that there is", "from=2026-01-01T00:00:00%2B99:99"],
    ["of no month that there is", "from=2026-13-01T00:00:00Z"],
    ["of no year that there is", "from=0000-01-01T00:00:00Z"],
    ["in words", "from=yesterday"],
    ["beyond all numbers", "to=275760-09-13T00:00:00.001Z"],
  ])("%s is INVALID", async (_, range) => {
    expect(await answerTo(`/api/messages/search?q=a&${range}`)).toEqual(invalid);
    const to = range.includes("to=") ? "" : `&to=${january}`;
    const from = range.includes("from=") ? "" : `&from=${january}`;
    expect(await answerTo(`/api/stats/response-times?${range}${to}${from}`, root!.token)).toEqual(invalid);
  });
});

describe("a search", () => {
  const path = "/api/messages/search?q=";
  let seeker: TestPerson;
  const find = async (q: string) => {
    const { items } = await cluster.call<Page<FoundMessage>>(
      seeker,
      "GET",
      `${path}${encodeURIComponent(q)}`,
    );
    return items.map(({ message: { content } }) => content);
  };

  beforeAll(async () => {
    seeker = await cluster.person("seeker");
    await say(seeker, (await cluster.conversation(seeker, ben!)).id, "1 or 1", "a plus", "100 percent");
    // Whatever a search is made to do, it does not find this.
    const { id: foreign } = await cluster.conversation(ben!, root!);
    await say(ben!, foreign, "1 or 1 of others", "100 percent of others", "a of others");
    const left = () => cluster.sql<{ n: number }>("SELECT count(*)::int AS n FROM outbox");
    await eventually("messages to be indexed", left, ([row]) => row!.n === 0);
  });

  it.each<[string, string[]]>([
    ["' OR 1=1--", ["1 or 1"]],
    ["1 or 1'; SELECT pg_sleep(60)--", []],
    ["%_\\", []],
    ["((((", []],
    ["(a+)+$", ["a plus"]],
    ["<-> \u200b 100:*", ["100 percent"]],
    ["'", []],
    ["$1 {0} %s", []],
    ["\\", []],
  ])("for %s is one for plain words", async (q, found) => {
    expect(await find(q)).toEqual(found);
  });

  it.each([201, 8_000])("of %i characters is INVALID", async (length) => {
    expect(await answerTo(`${path}${"x".repeat(length)}`)).toEqual(invalid);
  });

  it("of a megabyte is refused at the entrance", async () => {
    // The balancer reads as much as its buffer holds; bytes that nobody reads would come back as a reset.
    const head = `GET ${path}${"a+".repeat(500_000)}`.slice(0, 40_000);
    const answer = await rawRequest(Number(new URL(cluster.url).port), head);
    expect(answer.slice(9, 12)).toMatch(/^4\d\d$/);
    expect(await find("percent")).toEqual(["100 percent"]);
  });

  it("that is slow is UNAVAILABLE after two seconds, and the next one is answered", async () => {
    const client = await cluster.postgres.connect();
    try {
      await client.query("BEGIN; LOCK TABLE message_search IN ACCESS EXCLUSIVE MODE");
      const began = performance.now();
      expect(await answerTo(`${path}percent`)).toEqual([503, "UNAVAILABLE"]);
      expect(performance.now() - began).toBeGreaterThan(1_900);
    } finally {
      await client.query("ROLLBACK");
      client.release();
    }
    expect(await find("percent")).toEqual(["100 percent"]);
  });
});
