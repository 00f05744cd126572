import type { Page } from "@parloir/contracts/http.ts";
import type { Contact, Conversation, Role } from "@parloir/contracts/shapes.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";

/** Whom people find by name. The first api is as by default; at the second everyone is found; the third counts. */
const cluster = await startCluster({
  apis: 3,
  workers: 1,
  envOf: { api2: { PEOPLE_DIRECTORY: "everyone" }, api3: { LIMIT_EVENTS_PER_MINUTE: "3" } },
});
afterAll(() => cluster.stop());
const [contactsOnly, everyone, limited] = cluster.apis.map(({ url }) => url);

async function somebody(id: string, name: string, role: Role = "client"): Promise<TestPerson> {
  const person = await cluster.person(id, role);
  const body = { name, email: `${id}@example.org` };
  await cluster.request(serverKey, "PUT", `/api/users/${person.id}`, body);
  return { ...person, name };
}

const pathOf = (query: Record<string, string>) => `/api/people?${new URLSearchParams(query)}`;
const page = (person: TestPerson, query: Record<string, string> = {}, api = contactsOnly) =>
  cluster.call<Page<Contact>>(person, "GET", `${api}${pathOf(query)}`);
const names = async (...asked: Parameters<typeof page>) =>
  (await page(...asked)).items.map(({ name }) => name);
const group = (creator: TestPerson, memberIds: string[]) =>
  cluster.call<Conversation>(creator, "POST", `${contactsOnly}/api/messages/conversations`, { memberIds });

let [ana, ben, zoe, agent, stranger]: TestPerson[] = [];
beforeAll(async () => {
  [ana, ben, zoe, agent, stranger] = [
    await somebody("ana", "Ana Ruiz"),
    await somebody("ben", "Ben Olive"),
    await somebody("zoe", "Zoé Lambert"),
    await somebody("agent", "Karim Benali", "agent"),
    await somebody("stranger", "Ursula Stranger"),
  ];
  await group(ana, [ben.id, zoe.id]);
  await group(ben, [(await somebody("li", "李明 100%")).id, agent.id]);
});

describe("by default", () => {
  it("people find those with whom they share a conversation, by name and never with an e-mail address", async () => {
    const { items, nextCursor } = await page(ana!);
    expect(items).toEqual([
      { userId: ben!.id, name: "Ben Olive", role: "client" },
      { userId: zoe!.id, name: "Zoé Lambert", role: "client" },
    ]);
    expect(nextCursor).toBeNull();
    expect(await names(ana!, { q: "Stranger" })).toEqual([]);
    expect(await names(stranger!)).toEqual([]);
    expect(await names(stranger!, { q: "ana" })).toEqual([]);
  });

  it("agents find everyone, and nobody finds themselves", async () => {
    // Gateways measure by somebody who is nobody.
    await cluster.sql("INSERT INTO users (id, name) VALUES ('parloir-canary:gw9', 'Canary of gw9')");
    expect(await names(agent!, { q: "canary" })).toEqual([]);
    expect(await names(agent!, { q: "stranger" })).toEqual(["Ursula Stranger"]);
    expect(await names(agent!, { q: "karim" })).toEqual([]);
    expect(await names(agent!)).toEqual(expect.arrayContaining(["Ana Ruiz", "Ursula Stranger"]));
  });

  it("who left, or whom one left, is found no more", async () => {
    const [olga, pia] = [await somebody("olga", "Olga"), await somebody("pia", "Pia")];
    const { id } = await group(olga, [pia.id]);
    expect(await names(pia)).toEqual(["Olga"]);
    await cluster.call(olga, "POST", `/api/messages/conversations/${id}/leave`);
    expect(await names(pia)).toEqual([]);
    expect(await names(olga)).toEqual([]);
  });
});

describe("a name is found", () => {
  it.each([
    ["zoe", ["Zoé Lambert"]],
    ["  LAMBERT ", ["Zoé Lambert"]],
    ["amber", ["Zoé Lambert"]],
    // Of two letters the beginnings of words only.
    ["la", ["Zoé Lambert"]],
    ["o", ["Ben Olive"]],
    ["be", ["Ben Olive"]],
    ["%", []],
    ["_", []],
    ["\\", []],
    ["' OR 1=1--", []],
    ["(a+)+$", []],
  ])("by %j", async (q, found) => {
    expect(await names(ana!, { q })).toEqual(found);
  });

  it("in any script, by those who share a conversation and by agents alike", async () => {
    for (const person of [ben!, agent!])
      for (const q of ["李", "明", "李明 100%"]) expect(await names(person, { q })).toEqual(["李明 100%"]);
    for (const person of [ben!, agent!]) expect(await names(person, { q: "李%明" })).toEqual([]);
  });
});

describe("where everyone is found", () => {
  it("that is by name, while there are few also without one", async () => {
    expect(await names(ana!, { q: "stranger" }, everyone)).toEqual(["Ursula Stranger"]);
    expect(await names(stranger!, {}, everyone)).toEqual(
      expect.arrayContaining(["Ana Ruiz", "Karim Benali"]),
    );
  });

  it("beyond a thousand people nobody lists them without a name", async () => {
    await cluster.sql(
      "INSERT INTO users (id, name) SELECT 'many.' || n, 'Many ' || n FROM generate_series(1, 1001) n",
    );
    expect(await names(ana!, {}, everyone)).toEqual(["Ben Olive", "Zoé Lambert"]);
    expect(await names(stranger!, {}, everyone)).toEqual([]);
    expect(await names(stranger!, { q: "many 77" }, everyone)).toContain("Many 777");
  });

  it("not who has blocked one, or is blocked by one", async () => {
    const [una, vic] = [await somebody("una", "Una Blocks"), await somebody("vic", "Vic Blocked")];
    const found = async () => [
      await names(una, { q: "vic blocked" }, everyone),
      await names(vic, { q: "una blocks" }, everyone),
    ];
    expect(await found()).toEqual([["Vic Blocked"], ["Una Blocks"]]);
    await cluster.call(una, "PUT", `/api/blocks/${vic.id}`);
    expect(await found()).toEqual([[], []]);
    await cluster.call(una, "DELETE", `/api/blocks/${vic.id}`);
    expect(await found()).toEqual([["Vic Blocked"], ["Una Blocks"]]);
  });

  it("not who was banned or erased, by agents either", async () => {
    const [wim, xia] = [await somebody("wim", "Wim Banned"), await somebody("xia", "Xia Erased")];
    await group(wim, [xia.id, agent!.id]);
    const found = async (q: string) => [await names(ana!, { q }, everyone), await names(agent!, { q })];
    expect(await found("wim banned")).toEqual([["Wim Banned"], ["Wim Banned"]]);
    await cluster.request(serverKey, "PUT", `/api/users/${wim.id}/ban`, {});
    expect(await found("wim banned")).toEqual([[], []]);
    const erase = () =>
      cluster.request(serverKey, "DELETE", `/api/users/${xia.id}`).then(({ body }) => body.data);
    await erase();
    await eventually("the erasure", erase, (state) => (state as { status: string }).status === "done");
    expect(await found("xia")).toEqual([[], []]);
    // What is left of them in the conversation is nobody to be found.
    const aliases = await cluster.sql<{ name: string }>("SELECT name FROM users WHERE erased_at IS NOT NULL");
    for (const { name } of aliases) if (name) expect(await found(name)).toEqual([[], []]);
  });
});

describe("pages", () => {
  it("come by name, people of one name too, and nothing twice while others arrive", async () => {
    const quinn = await somebody("quinn", "Quinn");
    const twins = await Promise.all(Array.from({ length: 5 }, (_, n) => somebody(`twin${n}`, "Same Name")));
    await group(
      quinn,
      twins.map(({ id }) => id),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const asked = { limit: "2", ...(cursor === null ? {} : { cursor }) };
      const { items, nextCursor }: Page<Contact> = await page(quinn, asked);
      seen.push(...items.map(({ userId }) => userId));
      await group(quinn, [(await somebody("early", "Aaron")).id]);
      cursor = nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(twins.map(({ id }) => id).sort());
  });

  it("belong to their person and text, and names of any length and script have one", async () => {
    const yan = await somebody("yan", "Yan");
    const long = [await somebody("l1", "𠮷".repeat(100)), await somebody("l2", "𠮷".repeat(99))];
    await group(
      yan,
      long.map(({ id }) => id),
    );
    const { nextCursor } = await page(yan, { limit: "1" });
    const status = async (person: TestPerson, query: Record<string, string>) =>
      (await cluster.rest(person, "GET", `${contactsOnly}${pathOf({ cursor: nextCursor!, ...query })}`))
        .status;
    expect(await status(yan, {})).toBe(200);
    expect(await status(yan, { q: "𠮷" })).toBe(400);
    expect(await status(ana!, {})).toBe(400);
    expect(await status(yan, { cursor: `${nextCursor}A` })).toBe(400);
  });
});

describe("who asks wrongly", () => {
  it.each([
    "q=",
    "q=%20",
    "q=%00",
    `q=${"x".repeat(101)}`,
    "q=a&q=b",
    "q[]=a",
    "role=admin",
    "limit=0",
    "limit=201",
    "limit=1e9",
    "cursor=abc",
  ])("is told so: %s", async (query) => {
    const { status, body } = await cluster.rest(ana!, "GET", `${contactsOnly}/api/people?${query}`);
    expect([status, body.error?.code]).toEqual([400, "INVALID"]);
  });

  it("is nobody, or a server key", async () => {
    expect((await cluster.request(null, "GET", "/api/people")).status).toBe(401);
    expect((await cluster.request(serverKey, "GET", "/api/people")).body.error?.code).toBe("UNAUTHENTICATED");
  });

  it("too often has to wait, and the others do not", async () => {
    const [often, once] = [await somebody("often", "Often"), await somebody("once", "Once")];
    const ask = (person: TestPerson) => cluster.rest(person, "GET", `${limited}/api/people?q=a`);
    for (let asked = 0; asked < 3; asked++) expect((await ask(often)).status).toBe(200);
    const refused = await ask(often);
    expect([refused.status, refused.body.error?.code]).toEqual([429, "RATE_LIMITED"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await ask(once)).status).toBe(200);
  });
});
