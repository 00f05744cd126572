import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@parloir/local/ports.ts";
import { startPostgres } from "@parloir/local/postgres.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { SignJWT } from "jose";
import pg from "pg";
import type { Pair, Person } from "../load/generator.ts";
import type { Options } from "../options.ts";
import { inspectable } from "./ours.ts";
import { scratchFolder } from "./scratch.ts";
import type { Target, TargetProcess } from "./target.ts";

const serverCount = 2;
const program = fileURLToPath(new URL("../../reference/server.ts", import.meta.url));
const schema = fileURLToPath(new URL("../../reference/schema.sql", import.meta.url));
const startPatienceMs = 20_000;

interface ReferenceServer {
  url: string;
  child: ChildProcess;
}

/** The usual recipe: two servers, a Postgres and a Redis of its own, started as ours are. */
export async function startReference(options: Options): Promise<Target> {
  const folder = scratchFolder("reference");
  const undo: (() => Promise<unknown>)[] = [async () => folder.remove()];
  const stop = async () => {
    while (undo.length > 0) await undo.pop()!();
  };
  try {
    const postgres = await startPostgres({ dir: join(folder.path, "postgres") });
    undo.push(() => postgres.remove());
    const redis = await startRedis({ dir: join(folder.path, "redis") });
    undo.push(() => redis.stop());
    const environment = {
      DATABASE_URL: await createDatabase(postgres.url),
      REDIS_URL: redis.url,
      JWT_SECRET: randomBytes(32).toString("hex"),
    };
    const servers: ReferenceServer[] = [];
    for (let index = 0; index < serverCount; index += 1) {
      const server = await startServer(options, environment);
      undo.push(() => end(server.child));
      servers.push(server);
    }
    const urls = servers.map((server) => server.url);
    const pairs = await createPairs(environment, urls, options.pairs);
    const processes: TargetProcess[] = [
      ...servers.map(({ child }, index) => ({ name: `server${index + 1}`, pid: child.pid!, isNode: true })),
      { name: "postgres", pid: postgres.pid, isNode: false },
      { name: "redis", pid: redis.pid, isNode: false },
    ];
    return { name: "reference", pairs, processes: () => processes, workerMetrics: () => [], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The server comes up empty; answers the url of a database with the recipe's tables. */
async function createDatabase(serverUrl: string): Promise<string> {
  const name = "reference";
  await query(withDatabase(serverUrl, "postgres"), `CREATE DATABASE ${name}`);
  const url = withDatabase(serverUrl, name);
  await query(url, readFileSync(schema, "utf8"));
  return url;
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function startServer(options: Options, environment: Record<string, string>): Promise<ReferenceServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [program], {
    stdio: ["ignore", "inherit", options.profileDir === undefined ? "inherit" : "ignore"],
    env: {
      ...options.env,
      NODE_ENV: "production",
      ...environment,
      PORT: String(port),
      ...inspectable(options),
    },
  });
  const giveUpAt = Date.now() + startPatienceMs;
  while (!(await fetch(`${url}/healthz`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null || Date.now() > giveUpAt) {
      child.kill("SIGKILL");
      throw new Error("a reference server did not start");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, child };
}

async function createPairs(
  environment: { DATABASE_URL: string; JWT_SECRET: string },
  urls: string[],
  count: number,
): Promise<Pair[]> {
  const pool = new pg.Pool({ connectionString: environment.DATABASE_URL, max: 4 });
  try {
    const indexes = Array.from({ length: count }, (_, index) => index);
    return await Promise.all(indexes.map((index) => createPair(pool, environment.JWT_SECRET, urls, index)));
  } finally {
    await pool.end();
  }
}

/** Straight into the tables: the recipe's REST routes are not part of what is measured. */
async function createPair(pool: pg.Pool, secret: string, urls: string[], index: number): Promise<Pair> {
  const people: [Person, Person] = await Promise.all([
    createPerson(pool, secret, `bench-${index}-a`, urls[index % urls.length]!),
    createPerson(pool, secret, `bench-${index}-b`, urls[(index + 1) % urls.length]!),
  ]);
  const { rows } = await pool.query("INSERT INTO conversations DEFAULT VALUES RETURNING id");
  const conversationId: string = rows[0].id;
  await pool.query("INSERT INTO conversation_members (conversation_id, user_id) VALUES ($1, $2), ($1, $3)", [
    conversationId,
    people[0].userId,
    people[1].userId,
  ]);
  return { conversationId, people };
}

async function createPerson(pool: pg.Pool, secret: string, userId: string, url: string): Promise<Person> {
  await pool.query("INSERT INTO users (id, name) VALUES ($1, $1)", [userId]);
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(userId)
    .setExpirationTime("6h")
    .sign(new TextEncoder().encode(secret));
  return { userId, token, url };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
