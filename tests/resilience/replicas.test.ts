import type { CodedError } from "@parloir/contracts/errors.ts";
import type { HistoryPage, Page } from "@parloir/contracts/http.ts";
import type { FoundMessage } from "@parloir/contracts/shapes.ts";
import type { ResponseTimes } from "@parloir/contracts/stats.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { createReplicas } from "@parloir/store/replicas.ts";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { checkReplicas } from "../../infra/doctor/postgres-ways.ts";
import { type Cluster, startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { eventually } from "../setup/waiting.ts";
import { type OwnPostgres, type OwnReplica, ownPostgres, ownReplica } from "./servers.ts";
import { counted, seqsOf, upTo } from "./watching.ts";

/** Two apis: the first may ask a real streaming replica; the second was given servers that are none. */
const otherSystem = new URL("/postgres", inject("templateUrl")).href;
let postgres: OwnPostgres;
let replica: OwnReplica;
let cluster: Cluster;
let ana: TestPerson;
let ben: TestPerson;
let kim: TestPerson;
let id: string;
let writer: TestSocket;

beforeAll(async () => {
  postgres = await ownPostgres();
  // The tests' servers do not wait for their disk; what is acked must be in the log all the same.
  await postgres.database.pool.query("ALTER ROLE parloir SET synchronous_commit = on");
  replica = await ownReplica(postgres);
  cluster = await startCluster({
    apis: 2,
    workers: 1,
    database: postgres.database,
    envOf: {
      api1: { DATABASE_REPLICA_URLS: replica.url },
      api2: { DATABASE_REPLICA_URLS: `${postgres.url},${otherSystem}` },
    },
  });
  [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  kim = await cluster.person("kim", "agent");
  ({ id } = await cluster.conversation(ana, ben, kim));
  writer = await cluster.socket(ana);
  for (const n of upTo(30)) await cluster.send(writer, id, `walnut ${n}`);
  await untilUsed();
});
afterAll(async () => {
  // A test that failed may have left it frozen.
  replica.thaw();
  await cluster.stop();
  await replica.remove();
  await postgres.remove();
});

const outcomes = ["replica", "none", "late", "failed"] as const;

async function reads(api = 0): Promise<Record<string, number>> {
  const node = cluster.apis[api]!;
  const counts = outcomes.map(async (outcome) => [
    outcome,
    await counted(node, "parloir_replica_reads_total", { outcome }),
  ]);
  return Object.fromEntries(await Promise.all(counts));
}

async function ask<T>(person: TestPerson, path: string, api = 0): Promise<{ status: number; data: T }> {
  const response = await fetch(new URL(path, cluster.apis[api]!.url), {
    headers: { authorization: `Bearer ${person.token}` },
  });
  const body = (await response.json()) as { data: T };
  return { status: response.status, data: body.data };
}

const history = (person = ben, api = 0) =>
  ask<HistoryPage>(person, `/api/messages?conversationId=${id}`, api);
const search = (q: string) => ask<Page<FoundMessage>>(ben, `/api/messages/search?q=${q}`);
const figures = () => ask<ResponseTimes>(kim, "/api/stats/response-times");

async function readiness(): Promise<{ status: string; checks: Record<string, string> }> {
  return (await fetch(`${cluster.apis[0]!.privateUrl}/readyz`)).json() as never;
}

/** Until the api has seen that its replica has everything. */
async function untilUsed(): Promise<void> {
  await eventually("the replica to be used", readiness, ({ checks }) => checks.replicas === "ok");
}

async function untilLeftAlone(): Promise<void> {
  await eventually("the replica to be left alone", readiness, ({ checks }) => checks.replicas === "degraded");
}

/** The replica answers all reads of it, sooner or later: a busy machine makes it late. */
async function byTheReplica(count: number, read: () => Promise<unknown>): Promise<void> {
  const round = async () => {
    await untilUsed();
    const before = await reads();
    await read();
    const after = await reads();
    return outcomes.map((outcome) => after[outcome]! - before[outcome]!);
  };
  await eventually("reads by the replica", round, ([replicas, ...others]) => {
    expect(replicas! + others.reduce((sum, each) => sum + each, 0)).toBe(count);
    return replicas === count;
  });
}

describe("a replica that has everything", () => {
  it("answers pages, searches and figures, and the primary none of them", async () => {
    const found = await eventually(
      "the search",
      () => search("walnut"),
      ({ data }) => data.items.length === 30,
    );
    const scans = (server: { query: OwnReplica["pool"]["query"] }) => async () =>
      Number(
        (await server.query("SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'messages'")).rows[0]
          .idx_scan,
      );
    const onReplica = await scans(replica.pool)();
    await byTheReplica(4, async () => {
      const page = await history();
      const again = await search("walnut");
      // Figures are two statements: what is over, and what waits now.
      const { data } = await figures();
      expect(seqsOf(page.data.messages)).toEqual(upTo(page.data.lastSeq));
      expect(again.data).toEqual(found.data);
      expect(data.firstReply.n).toBe(0);
    });
    // The server's own count agrees; a session tells it once a second, if it is asked anything.
    const asked = async () => (await history()) && (await scans(replica.pool)());
    await eventually("scans of messages on the replica", asked, (now) => now > onReplica);
  });

  it("is asked by nobody who decides: it is not there for sends, sync, marks and membership", async () => {
    const before = await reads();
    const { seq } = await cluster.send(writer, id, "decided by the primary");
    const reader = await cluster.socket(ben);
    await reader.ok("sync", { cursors: { [id]: seq - 1 } });
    await reader.ok("mark_read", { conversationId: id, seq });
    await reader.ok("join_conversation", { conversationId: id, after: seq - 1 });
    reader.close();
    expect(await reads()).toEqual(before);
  });

  it("never shows less than was acked before, while both are busy", async () => {
    const before = await reads();
    let newest = 0;
    let over = false;
    const writing = (async () => {
      const isRead = async () => (await reads()).replica! > before.replica!;
      for (let n = 1; n <= 60 || !(await isRead()); n++)
        newest = Math.max(newest, (await cluster.send(writer, id, `busy ${n}`)).seq);
      over = true;
    })();
    const reading = upTo(3).map(async () => {
      for (let seen = 0; !over; ) {
        const acked = Math.max(newest, seen);
        const { data } = await history();
        expect(data.lastSeq).toBeGreaterThanOrEqual(acked);
        expect(data.messages.at(-1)?.seq).toBe(data.lastSeq);
        seen = data.lastSeq;
      }
    });
    await Promise.all([writing, ...reading]);
  });
});

describe("a replica that lags", () => {
  it("shows nothing that was edited, deleted or forbidden since, and misses nothing that was sent", async () => {
    const { seq: edited } = await cluster.send(writer, id, "as it was");
    const { seq: deleted } = await cluster.send(writer, id, "not for long");
    await untilUsed();
    const before = await reads();
    await replica.pool.query("SELECT pg_wal_replay_pause()");
    await writer.ok("edit_message", { conversationId: id, seq: edited, content: "as it is" });
    await writer.ok("delete_message", { conversationId: id, seq: deleted });
    const { seq: last } = await cluster.send(writer, id, "the last");
    const { data } = await history();
    expect(data.lastSeq).toBe(last);
    const shown = data.messages.slice(-3).map(({ content }) => content);
    expect(shown).toEqual(["as it is", "", "the last"]);

    await cluster.call(kim, "DELETE", `/api/messages/conversations/${id}/members/${ben.id}`);
    expect((await history()).status).toBe(404);
    expect((await search("walnut")).data.items).toEqual([]);
    expect((await history(ana)).status).toBe(200);
    // The primary answered all of them.
    const after = await reads();
    expect(after.replica).toBe(before.replica);
    expect(after.late! + after.none!).toBe(before.late! + before.none! + 4);
    await untilLeftAlone();
    const [behind] = (await cluster.apis[0]!.metrics.get("parloir_replica_behind_seconds").get()).values;
    expect(behind).toMatchObject({ labels: { replica: new URL(replica.url).host } });
    expect(behind!.value).toBeGreaterThan(0);

    await replica.pool.query("SELECT pg_wal_replay_resume()");
    await untilUsed();
    await cluster.call(kim, "POST", `/api/messages/conversations/${id}/members`, { userId: ben.id });
    await byTheReplica(1, async () => expect((await history()).status).toBe(200));
  });
});

describe("a statement that takes too long on a replica", () => {
  it("is given up, and not begun once more on the primary", async () => {
    const open = (url: string, statementTimeoutMs: number) =>
      createDatabase({
        url,
        poolSize: 2,
        applicationName: "long",
        statementTimeoutMs,
        onError: () => undefined,
      });
    const primary = open(postgres.url, 20_000);
    const replicas = createReplicas({
      primary,
      replicas: [{ name: "slow", database: open(replica.url, 1_000) }],
      onRead: () => undefined,
      onChange: () => undefined,
    });
    onTestFinished(async () => {
      await replicas.close();
      await primary.close();
    });
    replicas.start();
    const askedOf = () =>
      replicas.reader
        .query({
          name: "long",
          text: "SELECT pg_sleep(CASE WHEN pg_is_in_recovery() THEN 10 ELSE 0 END)",
          values: [],
        })
        .then(
          () => "primary",
          (error: CodedError) => error.code,
        );
    await eventually("the replica to be asked", askedOf, (answer) => answer === "UNAVAILABLE");
  });
});

describe.each<[string, (server: OwnReplica) => unknown, (server: OwnReplica) => unknown]>([
  ["frozen", (server) => server.freeze(), (server) => server.thaw()],
  ["killed", (server) => server.kill(), (server) => server.start()],
])("a replica that is %s", (_, takeAway, bringBack) => {
  it("is not noticed by people, is reported, and used again when it is back", async () => {
    await untilUsed();
    await takeAway(replica);
    for (const answer of await Promise.all(upTo(20).map(() => history(ana)))) expect(answer.status).toBe(200);
    await untilLeftAlone();
    const alone = await reads();
    const { seq } = await cluster.send(writer, id, "without a replica");
    expect((await history(ana)).data.lastSeq).toBe(seq);
    expect((await search("walnut")).status).toBe(200);
    expect((await reads()).none).toBe(alone.none! + 2);
    expect((await readiness()).status).toBe("degraded");
    await bringBack(replica);
    await untilUsed();
    await byTheReplica(1, async () => expect((await history(ana)).data.lastSeq).toBe(seq));
  });
});

describe("what is no replica", () => {
  it("is never asked: this system's primary, or another one's", async () => {
    expect((await history(ana, 1)).status).toBe(200);
    expect(await reads(1)).toMatchObject({ replica: 0, late: 0, failed: 0 });
  });

  it("is told from one that is by the doctor", async () => {
    const find = async () => {
      const findings = await checkReplicas(postgres.url, [replica.url, otherSystem]);
      return findings.map(({ what, state }) => `${what}: ${state}`);
    };
    const [first, second] = [replica.url, otherSystem].map((url) => `replica ${new URL(url).host}`);
    // A busy machine makes one late that is well.
    const answers = await eventually("the doctor", find, ([answer]) => answer === `${first}: ok`);
    expect(answers).toEqual([`${first}: ok`, `${second}: problem`]);
  });

  it("is never asked again: a replica that was promoted, and goes its own way", async () => {
    await untilUsed();
    await replica.pool.query("SELECT pg_promote()");
    await untilLeftAlone();
    await replica.pool.query("UPDATE messages SET content = 'another history'");
    const before = await reads();
    const { data } = await history(ana);
    expect(data.messages.map(({ content }) => content)).not.toContain("another history");
    expect((await reads()).replica).toBe(before.replica);
  });
});
