import { createDatabase, type Database } from "@parloir/store/database.ts";
import { createReplicas, type ReadOutcome } from "@parloir/store/replicas.ts";
import type pg from "pg";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { type OwnPostgres, type OwnReplica, ownPostgres, ownReplica } from "./servers.ts";

/** A primary with two replicas, of which one has a replica of its own; then that one is promoted. */
let former: OwnPostgres;
let heir: OwnReplica;
let follower: OwnReplica;
let leftBehind: OwnReplica;

beforeAll(async () => {
  former = await ownPostgres();
  // The tests' servers do not wait for their disk; what is acked must be in the log all the same.
  await former.database.pool.query("ALTER ROLE parloir SET synchronous_commit = on");
  heir = await ownReplica(former);
  follower = await ownReplica(former, heir);
  leftBehind = await ownReplica(former);
  // Each was copied at its own time. Who has more than the heir could not follow it.
  await former.database.pool.query("INSERT INTO users (id, name) VALUES ('before', 'the failover')");
  for (const replica of [heir, follower, leftBehind])
    await eventually(
      "what was written before the failover",
      () => replica.pool.query("SELECT FROM users WHERE id = 'before'"),
      ({ rowCount }) => rowCount === 1,
    );
});
afterAll(async () => {
  for (const replica of [leftBehind, follower, heir]) await replica.remove();
  await former.database.drop();
  await former.remove();
});

const open = (url: string): Database =>
  createDatabase({ url, poolSize: 2, applicationName: "failover", onError: () => undefined });

const lsnOf = async (pool: pg.Pool) =>
  (await pool.query<{ lsn: string }>("SELECT pg_last_wal_replay_lsn()::text AS lsn")).rows[0]!.lsn;

it("after a failover the replica of the new primary reads, and the one that stayed with the old does not", async () => {
  const outcomes: ReadOutcome[] = [];
  await heir.pool.query("SELECT pg_promote()");
  const primary = open(heir.url);
  const replicas = createReplicas({
    primary,
    replicas: [
      { name: "left behind", database: open(leftBehind.url) },
      { name: "follower", database: open(follower.url) },
    ],
    onRead: (outcome) => void outcomes.push(outcome),
    onChange: () => undefined,
  });
  onTestFinished(async () => {
    await replicas.close();
    await primary.close();
  });
  const name = (server: { query: pg.Pool["query"] }, text: string) =>
    server.query("INSERT INTO users (id, name) VALUES ('who', $1)", [text]);
  await name(heir.pool, "of the new primary");
  // The old one did not notice that it was replaced, and its log is longer by now.
  await name(former.database.pool, "of the old one");
  await former.database.pool.query(
    "INSERT INTO users (id, name) SELECT n, n FROM generate_series(1, 5000) AS s(n)",
  );
  await eventually(
    "the old one's replica",
    () => leftBehind.pool.query("SELECT FROM users WHERE id = '5000'"),
    ({ rowCount }) => rowCount === 1,
  );
  const ahead = await heir.pool.query("SELECT $1::pg_lsn > pg_current_wal_flush_lsn() AS ahead", [
    await lsnOf(leftBehind.pool),
  ]);
  expect(ahead.rows).toEqual([{ ahead: true }]);

  replicas.start();
  const read = () =>
    replicas.reader.query<{ name: string; there: boolean }>({
      name: "who",
      text: "SELECT name, pg_is_in_recovery() AS there FROM users WHERE id = 'who'",
      values: [],
    });
  await eventually("a read by the follower", read, ([row]) => row?.there === true);
  for (let n = 0; n < 10; n++) expect(await read()).toMatchObject([{ name: "of the new primary" }]);
  expect(outcomes).toContain("replica");
  const states = Object.fromEntries(replicas.states().map(({ name: each, behindMs }) => [each, behindMs]));
  expect(states["left behind"]).toBeGreaterThan(0);
});
