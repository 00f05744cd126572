import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import path from "node:path";
import { promisify } from "node:util";
import type { HistoryPage, Page } from "@parloir/contracts/http.ts";
import type { Conversation, FoundMessage } from "@parloir/contracts/shapes.ts";
import type { ResponseTimes } from "@parloir/contracts/stats.ts";
import { createDatabase } from "@parloir/store/database.ts";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { checkPooler } from "../../infra/doctor/postgres-ways.ts";
import { type Cluster, startCluster, type TestPerson } from "../cluster/cluster.ts";
import { databaseAt, type TestDatabase } from "../setup/database.ts";
import { eventually } from "../setup/waiting.ts";
import { type PgBouncer, sessions, startPgBouncer } from "./pgbouncer.ts";
import { seqsOf, upTo } from "./watching.ts";

/**
 * Everything by way of a PgBouncer in transaction mode, of which any version will do: two apis and a worker share three
 * sessions with Postgres, and each transaction gets another one.
 */
const root = path.resolve(import.meta.dirname, "../..");
const name = `pooled_${randomBytes(6).toString("hex")}`;
const direct = new URL(`/${name}`, inject("templateUrl")).href;
let pooler: PgBouncer;
let pooled: string;
let database: TestDatabase;
let cluster: Cluster;

beforeAll(async () => {
  pooler = await startPgBouncer(inject("templateUrl"));
  pooled = `${pooler.url}/${name}`;
  await migrate(direct);
  // A server that keeps another time is not told ours by anything but the role.
  await asAdmin(`ALTER DATABASE ${name} SET TimeZone = 'Asia/Tokyo'`);
  database = { ...databaseAt(direct), url: pooled, leftConnections: () => pooler.clients() };
  cluster = await startCluster({
    gateways: 2,
    apis: 2,
    workers: 1,
    database,
    env: { DATABASE_POOLER: "transaction" },
  });
});
afterAll(async () => {
  await cluster.stop();
  await pooler.remove();
  await asAdmin(`DROP DATABASE ${name} WITH (FORCE)`);
});

async function asAdmin(command: string): Promise<void> {
  const admin = new pg.Client({ connectionString: new URL("/postgres", direct).href });
  await admin.connect();
  await admin.query(command);
  await admin.end();
}

/** As a deploy does it. */
async function migrate(directUrl: string): Promise<void> {
  await promisify(execFile)(process.execPath, [path.join(root, "store/src/main.ts"), "migrate"], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: pooled,
      DATABASE_DIRECT_URL: directUrl,
      DATABASE_POOLER: "transaction",
    },
  });
}

async function group(size: number): Promise<{ people: TestPerson[]; id: string }> {
  const people = await Promise.all(upTo(size).map((n) => cluster.person(`p${n}`)));
  const [first, ...others] = people as [TestPerson, ...TestPerson[]];
  return { people, id: (await cluster.conversation(first, ...others)).id };
}

describe("migrations", () => {
  it("made this database, by the address of Postgres itself", async () => {
    const [row] = await cluster.sql<{ count: string }>("SELECT count(*) FROM migrations");
    expect(Number(row!.count)).toBeGreaterThan(10);
  });

  it.each([
    ["that refuses settings of a session", []],
    ["that lets them fall", ["ignore_startup_parameters = options"]],
  ])("refuse to go through a pooler %s", async (_, settings) => {
    const other = await startPgBouncer(direct, settings);
    onTestFinished(() => other.remove());
    await expect(migrate(`${other.url}/${name}`)).rejects.toMatchObject({
      stdout: expect.stringContaining("leads to a pooler"),
    });
  });
});

describe("a process", () => {
  const pooledBy = (url: string, pooler: "none" | "transaction") => {
    const opened = createDatabase({
      url,
      pooler,
      poolSize: 1,
      applicationName: "x",
      onError: () => undefined,
    });
    onTestFinished(() => opened.close());
    return opened;
  };
  const now = { name: "now", text: "SELECT now()", values: [] };

  it("asks nothing in sessions that lack its settings", async () => {
    const elsewhere = pooledBy(`${pooler.url}/postgres`, "transaction");
    await expect(elsewhere.query(now)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      cause: { message: expect.stringContaining("lack plan_cache_mode") },
    });
    await expect(pooledBy(pooled, "transaction").query(now)).resolves.toHaveLength(1);
  });

  it("that was not told of the pooler says what the pooler does not take", async () => {
    await expect(pooledBy(pooled, "none").query(now)).rejects.toMatchObject({
      cause: { message: expect.stringContaining("unsupported startup parameter") },
    });
  });

  it("has what the doctor finds", async () => {
    expect(await checkPooler(pooled, "transaction")).toMatchObject([{ what: "pooler", state: "ok" }]);
    await expect(checkPooler(`${pooler.url}/postgres`, "transaction")).rejects.toThrow("does not answer");
  });

  it("learns from the doctor whether prepared statements are kept, as by PgBouncer from 1.24 on", async () => {
    const [, minor] = pooler.version.split(".").map(Number);
    const asked = checkPooler(pooled, "prepared");
    if (minor! >= 24) expect(await asked).toMatchObject([{ state: "ok" }]);
    else await expect(asked).rejects.toThrow(/prepared statement/);
  });

  it("may ask again when the session behind the pooler ends, and is answered", async () => {
    const database = pooledBy(pooled, "transaction");
    const asked = database.query({ name: "long", text: "SELECT pg_sleep(60) AS long", values: [] });
    const refused = expect(asked).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const ended = () =>
      cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%60) AS long'");
    await eventually("the session", ended, (all) => all.length > 0);
    await refused;
    await expect(database.query(now)).resolves.toHaveLength(1);
  });
});

describe("through the pooler", () => {
  it("many senders at once are numbered without a gap, and everybody gets everything in order", async () => {
    const { people, id } = await group(6);
    const sockets = await Promise.all(people.map((person, n) => cluster.socket(person, n % 2)));
    const perSender = 40;
    const acked = await Promise.all(
      sockets.flatMap((socket, n) => upTo(perSender).map((m) => cluster.send(socket, id, `${n} ${m}`))),
    );
    const all = upTo(people.length * perSender);
    expect(acked.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(all);
    for (const socket of sockets) expect(seqsOf(await socket.messages(id, all.length))).toEqual(all);
    // They shared what there is.
    expect(await pooler.sessions(name)).toBeLessThanOrEqual(sessions);
  });

  it("who comes back is told what they missed, with every change of what they had", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const { id } = await cluster.conversation(ana, ben);
    const writer = await cluster.socket(ana, 0);
    for (const n of upTo(5)) await cluster.send(writer, id, `before ${n}`);
    const away = await cluster.socket(ben, 1);
    const { lastChange } = (await page(ben, id)).data;
    await away.ok("mark_read", { conversationId: id, seq: 5 });
    away.close();
    await writer.ok("edit_message", { conversationId: id, seq: 2, content: "edited" });
    await writer.ok("react", { conversationId: id, seq: 3, emoji: "👍", on: true });
    await writer.ok("delete_message", { conversationId: id, seq: 4 });
    for (const n of upTo(3)) await cluster.send(writer, id, `meanwhile ${n}`);
    const back = await cluster.socket(ben, 1);
    const synced = await back.ok("sync", { cursors: { [id]: { seq: 5, change: lastChange } } });
    const [missed] = synced.conversations;
    expect(seqsOf(missed!.messages)).toEqual([2, 3, 4, 6, 7, 8]);
    expect(missed!.complete).toBe(true);
    expect((await page(ben, id)).data.messages.map(({ content }) => content)).toEqual([
      "before 1",
      "edited",
      "before 3",
      "",
      "before 5",
      ...upTo(3).map((n) => `meanwhile ${n}`),
    ]);
    // A repeat is the same message, also where the first went through another session.
    const clientMessageId = randomUUID();
    const { seq } = await cluster.send(writer, id, "once", clientMessageId);
    expect(await cluster.send(writer, id, "once", clientMessageId)).toMatchObject({ seq, duplicate: true });
  });

  it("the worker notifies, indexes and measures; searches, lists and figures are read", async () => {
    const [ana, kim] = [await cluster.person("ana"), await cluster.person("kim", "agent")];
    const { id } = await cluster.call<Conversation>(ana, "POST", "/api/messages/conversations", {
      kind: "support",
      subject: { type: "order", id: "pooled", title: "Pooled" },
    });
    const [asks, answers] = [await cluster.socket(ana, 0), await cluster.socket(kim, 1)];
    await cluster.send(asks, id, "where is my umbrella?");
    await cluster.send(answers, id, "in the umbrella stand");
    await asks.waitFor("notification");
    const search = () => cluster.call<Page<FoundMessage>>(ana, "GET", "/api/messages/search?q=umbrella");
    const found = await eventually("the search", search, ({ items }) => items.length === 2);
    // Newest first; what was written within the session's time zone would not be.
    expect(seqsOf(found.items.map(({ message }) => message))).toEqual([2, 1]);
    const figures = () => cluster.call<ResponseTimes>(kim, "GET", "/api/stats/response-times");
    await eventually("the first reply", figures, ({ firstReply }) => firstReply.n === 1);
    const list = await cluster.call<Page<Conversation>>(ana, "GET", "/api/messages/conversations");
    expect(list.items.map((each) => each.id)).toEqual([id]);
    const written = Date.parse(found.items[0]!.message.createdAt);
    expect(Math.abs(Date.now() - written)).toBeLessThan(600_000);
  });
});

describe("while the pooler is away", () => {
  it("sends are refused as retryable, and go through when it is back", async () => {
    const { people, id } = await group(2);
    const socket = await cluster.socket(people[0]!, 0);
    await cluster.send(socket, id, "before");
    await pooler.stop();
    const payload = { conversationId: id, clientMessageId: randomUUID(), content: "after" };
    expect(await socket.refused("send_message", payload)).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
    await pooler.start();
    const again = () => socket.emit("send_message", payload);
    await eventually("the repeat", again, ({ ok }) => ok);
    expect(seqsOf((await page(people[1]!, id)).data.messages)).toEqual([1, 2]);
    cluster.errors.splice(0);
  });
});

async function page(person: TestPerson, id: string): Promise<{ data: HistoryPage }> {
  return { data: await cluster.call<HistoryPage>(person, "GET", `/api/messages?conversationId=${id}`) };
}
