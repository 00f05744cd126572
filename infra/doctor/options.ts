/** Flags of `npm run doctor`. The only file of it that reads process.env. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Pooler, poolers } from "@parloir/platform/env-database.ts";
import { sentinels } from "@parloir/platform/env-redis.ts";
import { EnvironmentError, Reader } from "@parloir/platform/environment-reader.ts";
import type { QueueEndpoint, RedisEndpoint } from "@parloir/platform/redis.ts";

export const usage = `Usage: npm run doctor -- [options]

Checks an installation and names the fix of what is wrong. By itself it looks at the cluster of \`npm start\`; what is
not on this machine is found by the variables that the processes have, each also as NAME_FILE: DATABASE_URL,
DATABASE_POOLER, DATABASE_DIRECT_URL, DATABASE_REPLICA_URLS, DATABASE_POOL_SIZE, REDIS_URL, REDIS_CLUSTER,
QUEUE_REDIS_URL, QUEUE_REDIS_SENTINELS, QUEUE_REDIS_MASTER, QUEUE_REDIS_SENTINEL_PASSWORD, SERVER_KEY, LIMIT_SOCKETS.

  --url URL         the balancer, as clients reach it
  --cluster FILE    cluster.json of a cluster on this machine (.local/cluster.json)
  --processes N     apis and workers together, which open connections to Postgres (those in cluster.json, else 4)
  --quick           does not wait for a ping on an idle connection (up to 45 s)
  --json            what was found, for programs
  --help            this text

Ends with 1 when there is a problem.
`;

export interface Process {
  name: string;
  role: string;
  pid: number | null;
  url: string | null;
}

export interface Options {
  url: string;
  /** Postgres itself. */
  databaseUrl: string | null;
  /** What processes reach instead. */
  pooled: { url: string; pooler: Pooler } | null;
  replicaUrls: string[];
  rooms: RedisEndpoint | null;
  queue: QueueEndpoint | null;
  processes: Process[];
  /** Null: a pooler decides. */
  connections: number | null;
  sockets: number;
  /** To wait for a ping as somebody; null: not wanted. */
  serverKey: string | null;
  json: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Null: only the usage is wanted. @throws when flags or variables cannot be read */
export function parseOptions(argv: string[], env: Environment = process.env): Options | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      url: { type: "string" },
      cluster: { type: "string" },
      processes: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const cluster = readCluster(values.cluster);
  const local = (role: string, name?: string) =>
    cluster?.processes.find((each) => each.role === role && (name === undefined || each.name === name))
      ?.url ?? null;
  const reader = new Reader(env);
  const given = (name: string) => reader.optional(name);
  const roomsUrl = given("REDIS_URL") ?? local("redis");
  const queueUrl = given("QUEUE_REDIS_URL") ?? local("redis", "redis-queue") ?? roomsUrl;
  const postgresUrl = given("DATABASE_URL") ?? local("postgres");
  const pooler = reader.oneOf("DATABASE_POOLER", [...poolers], "none") as Pooler;
  const isPooled = pooler !== "none" && postgresUrl !== null;
  const withDatabase = cluster?.processes.filter(({ role }) => role === "api" || role === "worker").length;
  const options = {
    url: values.url ?? cluster?.url ?? "http://localhost:8080",
    databaseUrl: given("DATABASE_DIRECT_URL") ?? (isPooled ? null : postgresUrl),
    pooled: isPooled ? { url: postgresUrl, pooler } : null,
    replicaUrls: reader.list("DATABASE_REPLICA_URLS"),
    rooms: roomsUrl === null ? null : { url: roomsUrl, cluster: reader.flag("REDIS_CLUSTER", false) },
    queue: queueUrl === null ? null : { url: queueUrl, sentinels: sentinels(reader) },
    processes: cluster?.processes ?? [],
    connections: isPooled
      ? null
      : Number(values.processes ?? withDatabase ?? 4) * reader.number("DATABASE_POOL_SIZE", 10),
    sockets: reader.number("LIMIT_SOCKETS", 20_000),
    serverKey: values.quick ? null : (given("SERVER_KEY") ?? (cluster ? developmentKey : null)),
    json: values.json,
  };
  if (reader.problems.length > 0) throw new EnvironmentError(reader.problems);
  return options;
}

/** That of `npm start`; refused in production. */
const developmentKey = "dev-server-key";

function readCluster(named: string | undefined): { url: string; processes: Process[] } | null {
  const byDefault = fileURLToPath(new URL("../../.local/cluster.json", import.meta.url));
  const file = named === undefined ? byDefault : path.resolve(named);
  if (named === undefined && !existsSync(file)) return null;
  return JSON.parse(readFileSync(file, "utf8")) as { url: string; processes: Process[] };
}
