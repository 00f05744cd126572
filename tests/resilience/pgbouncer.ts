import { chown, writeFile } from "node:fs/promises";
import path from "node:path";
import { freePort } from "@parloir/local/ports.ts";
import { postgresHome, serverAccount } from "@parloir/local/postgres-account.ts";
import { postgresState } from "@parloir/local/probes.ts";
import { locateProgram } from "@parloir/local/programs.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { runUnsupervised } from "@parloir/local/unsupervised.ts";
import pg from "pg";

/** A real PgBouncer, in transaction mode, in front of a real Postgres. */
export interface PgBouncer {
  url: string;
  version: string;
  /** Names of the clients that are connected to a database through it. */
  clients: () => Promise<string[]>;
  /** How many sessions with Postgres it keeps for one. */
  sessions: (database: string) => Promise<number>;
  stop: () => Promise<void>;
  start: () => Promise<void>;
  remove: () => Promise<void>;
}

/** Fewer than our processes have connections, so that each session serves them all by turns. */
export const sessions = 3;

/** @param postgresUrl its server and account; any database there */
export async function startPgBouncer(postgresUrl: string, settings: string[] = []): Promise<PgBouncer> {
  const program = await locateProgram("pgbouncer");
  const folder = await temporaryFolder();
  // It refuses to run as root, as Postgres does.
  const account = await serverAccount();
  const home = await postgresHome(folder.dir, account);
  const { username, password, hostname, port: postgresPort } = new URL(postgresUrl);
  const port = await freePort();
  const file = (name: string) => path.join(home, name);
  const contents = {
    "users.txt": `"${username}" "${password}"\n`,
    "pgbouncer.ini": [
      "[databases]",
      `* = host=${hostname} port=${postgresPort}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = scram-sha-256",
      `auth_file = ${file("users.txt")}`,
      `admin_users = ${username}`,
      "pool_mode = transaction",
      `default_pool_size = ${sessions}`,
      // By turns: the session that has just served is the last to serve again.
      "server_round_robin = 1",
      ...settings,
      "",
    ].join("\n"),
  };
  for (const [name, text] of Object.entries(contents)) {
    await writeFile(file(name), text, { mode: 0o600 });
    if (account) await chown(file(name), account.uid, account.gid);
  }
  const url = `postgresql://${username}:${password}@127.0.0.1:${port}`;
  const spec = {
    name: "pgbouncer",
    role: "postgres",
    command: program.command,
    args: [file("pgbouncer.ini")],
    env: { ...program.env, LC_ALL: "C" },
    cwd: home,
    ...account,
    ready: async () => (await postgresState(url)) === "ready",
    // At once, whatever its version takes SIGTERM for.
    stop: [{ signal: "SIGQUIT", ms: 10_000 }],
  } as const;
  const run = () => runUnsupervised(folder.dir, async () => ({ spec, url }), false);
  let server = await run();

  async function admin<Row extends pg.QueryResultRow>(command: string): Promise<Row[]> {
    const client = new pg.Client({
      connectionString: `${url}/pgbouncer`,
      application_name: "the test itself",
    });
    await client.connect();
    try {
      return (await client.query<Row>(command)).rows;
    } finally {
      await client.end();
    }
  }

  return {
    url,
    version: program.version,
    async clients() {
      const rows = await admin<{ database: string; application_name: string }>("SHOW CLIENTS");
      return rows.filter(({ database }) => database !== "pgbouncer").map((row) => row.application_name);
    },
    async sessions(database) {
      const rows = await admin<{ database: string }>("SHOW SERVERS");
      return rows.filter((row) => row.database === database).length;
    },
    stop: () => server.stop(),
    async start() {
      server = await run();
    },
    async remove() {
      await server.stop();
      await folder.remove();
    },
  };
}
