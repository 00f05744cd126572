import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { type Client, createClient } from "@parloir/client/core/client.ts";
import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cluster, startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { Node } from "../cluster/nodes.ts";
import { startTcpProxy, type TcpProxy } from "../faults/inject/tcp-proxy.ts";
import { eventually } from "../setup/waiting.ts";
import { upTo } from "./watching.ts";

/** As docs/operations.md restores a dump: into the same server, with everything else stopped. */
let cluster: Cluster;
let proxy: TcpProxy;
/** Where the client's connections lead: a gateway that starts again has another port. */
let entrance: URL;
let isAway = false;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1, workers: 1 });
  entrance = new URL(cluster.gateways[0]!.url);
  proxy = await startTcpProxy(entrance);
});
afterAll(async () => {
  await proxy.close();
  await cluster.stop();
});

/** Sockets through the proxy, REST at the api; neither gets through while it is away. */
function page(person: TestPerson): Client {
  return createClient({
    url: proxy.url,
    userId: person.id,
    getToken: async () => person.token,
    fetch: (input, init) =>
      isAway
        ? Promise.reject(new TypeError("fetch failed"))
        : fetch(String(input).replace(new URL(proxy.url).origin, cluster.apiUrl), init),
  });
}

async function stopAll(nodes: Node[]): Promise<void> {
  for (const node of nodes.splice(0)) await node.stop();
}

/** What a dump holds: every table's rows, the epoch among them. */
async function dump(pool: pg.Pool): Promise<void> {
  await pool.query("CREATE SCHEMA dump");
  for (const table of await tables(pool))
    await pool.query(`CREATE TABLE dump.${table} AS TABLE public.${table}`);
}

/** What `pg_restore --clean` leaves, but for sequences: the rows of the dump and no others, in the same server. */
async function restore(pool: pg.Pool): Promise<void> {
  const all = await tables(pool);
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SET LOCAL session_replication_role = replica");
    await client.query(`TRUNCATE ${all.map((table) => `public.${table}`).join(", ")}`);
    for (const table of all) {
      const { rows } = await client.query<{ names: string }>(
        `SELECT string_agg(quote_ident(column_name), ', ') AS names FROM information_schema.columns
          WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'`,
        [table],
      );
      const { names } = rows[0]!;
      await client.query(
        `INSERT INTO public.${table} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM dump.${table}`,
      );
    }
    await client.query("COMMIT");
  } finally {
    client.release();
  }
}

async function tables(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
  );
  return rows.map(({ name }) => name);
}

async function beginNewEpoch(): Promise<void> {
  const root = path.resolve(import.meta.dirname, "../..");
  await promisify(execFile)(process.execPath, [path.join(root, "store/src/main.ts"), "new-epoch"], {
    cwd: root,
    env: { PATH: process.env.PATH, DATABASE_URL: cluster.databaseUrl },
  });
}

it("a client that was ahead of a restored dump has what is stored, also when it comes back late", async () => {
  const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
  const { id } = await cluster.conversation(ana, ben);
  const stored = async () =>
    (
      await cluster.sql<{ content: string }>(
        "SELECT content FROM messages WHERE conversation_id = $1 ORDER BY seq",
        [id],
      )
    ).map(({ content }) => content);
  const write = async (what: string, count: number) => {
    const socket = await cluster.socket(ana, 0);
    for (const n of upTo(count)) await cluster.send(socket, id, `${what} ${n}`);
    socket.close();
  };
  const client = page(ben);
  client.thread(id).load();
  const shown = () =>
    client
      .thread(id)
      .state.getSnapshot()
      .messages.map(({ content }) => content);

  await write("kept", 5);
  await dump(cluster.postgres);
  await write("lost", 5);
  await eventually("the page", shown, (contents) => contents.length === 10);
  isAway = true;
  await stopAll(cluster.gateways);
  await stopAll(cluster.workers);
  await restore(cluster.postgres);
  await beginNewEpoch();
  await cluster.addWorker();
  const gateway = await cluster.addGateway();
  // Past what the client had: its position looks like one of this history.
  await write("new", 7);

  isAway = false;
  entrance.port = String(gateway.port);
  const wanted = await stored();
  expect(wanted).toHaveLength(12);
  await eventually("the page", shown, (contents) => contents.join() === wanted.join(), 60_000);
  client.close();
}, 120_000);
