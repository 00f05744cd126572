import path from "node:path";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { problemsOf } from "@parloir/store/migration-rules.ts";
import pg from "pg";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { serverKey } from "../cluster/cluster.ts";
import { launchCluster, type TestCluster } from "../faults/cluster/launch.ts";
import { eventually } from "../setup/waiting.ts";
import { ask, makeGroup, makePeople, replace, scraped } from "./host.ts";
import { checkOut, migrateWith, nextMigrations, putNext, type Release, takeBack } from "./release.ts";
import { officialWriter, type Writer } from "./writers.ts";

/**
 * A rolling upgrade by one version, under load: migrations first, then one process after the other, so that for a
 * while each role has both versions. The older one is this code without some of it: a migration, routes, a round of the
 * worker, a question of gateways to apis. The newer one has these, and migrations of the next release on top
 * (release.ts).
 */
const newer = "99.0.0";
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let release: Release;
let cluster: TestCluster;
let database: pg.Pool;
beforeAll(async () => {
  folder = await temporaryFolder();
  release = await checkOut(path.join(folder.dir, "tree"));
  await takeBack(release);
  cluster = await launchCluster(
    { gateways: 2, apis: 2, workers: 2 },
    { DRAIN_MS: "3000", LIMIT_EVENT_LOOP_LAG_MS: "0", CANARY_MS: "500" },
    release.root,
  );
  database = new pg.Pool({ connectionString: cluster.find("postgres").url!, max: 2 });
  database.on("error", () => undefined);
});
afterAll(async () => {
  await database.end();
  await cluster.stop();
  await folder.remove();
});

const canaries = () => scraped(cluster, "gateway", "parloir_canary_total", 'outcome="ok"');
/** The status of a list that the older version did not have. */
async function listDesks(): Promise<number> {
  await ask(cluster, serverKey, "PUT", "/api/users/boss", { name: "boss", role: "admin" });
  const { token } = await ask<{ token: string }>(cluster, serverKey, "POST", "/api/tokens", {
    userId: "boss",
  });
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(new URL("/api/support/desks", cluster.url), { headers })).status;
}

const running = (name: string, version: string) =>
  scraped(cluster, name, "parloir_build", `version="${version}"`);

it("loses and fails nothing, with both versions of every role at work together", {
  timeout: 400_000,
}, async () => {
  const people = await makePeople(cluster, "writer", 12);
  const conversationId = await makeGroup(cluster, people);
  const writers = people.map(({ id, token }) =>
    officialWriter({ url: cluster.url, userId: id, token, conversationId, pauseMs: 300 }),
  );
  onTestFinished(() => {
    for (const writer of writers) writer.close();
  });
  await Promise.all(writers.map((writer) => writer.connected));
  // Each has the conversation open from its first message on.
  const threads = writers.map(({ client }) => client.thread(conversationId));
  for (const thread of threads) thread.load();
  let over = false;
  const writing = writers.map((writer) => writer.write(() => over));

  expect([await listDesks(), await canaries()]).toEqual([404, 0]);
  const next = await putNext(release, newer);
  await migrateWith(next, cluster.find("postgres").url!);
  await moreAcks(writers, 40);

  for (const name of ["api1", "gw1", "worker1"]) await replace(cluster, name, "SIGTERM");
  for (const role of ["api", "gateway", "worker"])
    for (const version of [release.version, newer])
      expect([role, version, await running(role, version)]).toEqual([role, version, 1]);
  await moreAcks(writers, 60);

  for (const name of ["api2", "gw2", "worker2"]) await replace(cluster, name, "SIGTERM");
  for (const role of ["api", "gateway", "worker"])
    expect([role, await running(role, newer)]).toEqual([role, 2]);
  await moreAcks(writers, 20);
  over = true;
  await Promise.all(writing);
  // What the older version did not have.
  expect(await listDesks()).toBe(200);
  await eventually("a canary", canaries, (flown) => flown > 0);

  expect(writers.flatMap(({ failed }) => failed)).toEqual([]);
  const { rows } = await database.query<{ content: string; seq: string }>(
    "SELECT content, seq FROM messages WHERE conversation_id = $1 ORDER BY seq",
    [conversationId],
  );
  const stored = rows.map(({ content }) => content);
  expect(new Set(stored).size).toBe(stored.length);
  const acked = writers.flatMap((writer) => writer.acked);
  expect(acked.filter((content) => !stored.includes(content))).toEqual([]);
  expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_, index) => index + 1));
  for (const { state } of threads)
    await eventually(
      "every device to end with the same list",
      () => state.getSnapshot().messages.map(({ content }) => content),
      (shown) => shown.length === stored.length && shown.every((content, index) => content === stored[index]),
    );
  for (const role of ["gateway", "api", "worker"])
    expect(await scraped(cluster, role, "parloir_unhandled_rejections_total")).toBe(0);
  // What follows from messages was done by workers of either version; canaries go on writing.
  const { rows: clock } = await database.query<{ now: string }>("SELECT clock_timestamp()::text AS now");
  const left = () => database.query("SELECT FROM outbox WHERE created_at <= $1", [clock[0]!.now]);
  await eventually("the outbox", left, ({ rowCount }) => rowCount === 0);
});

it("and its migrations are such as the rules let pass", () => {
  for (const [name, sql] of Object.entries(nextMigrations))
    expect([name, problemsOf({ number: 9_001, name, sql })]).toEqual([name, []]);
});

async function moreAcks(writers: Writer[], count: number): Promise<void> {
  const acked = () => writers.reduce((sum, writer) => sum + writer.acked.length, 0);
  const before = acked();
  await eventually("sends that are acked", acked, (now) => now >= before + count);
}
