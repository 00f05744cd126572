/** Flags of `npm run doctor`. The only file of it that reads process.env. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Pooler, poolers } from "@parloir/platform/env-database.ts";
import type { RedisEndpoint } from "@parloir/platform/redis.ts";

export const usage = `Usage: npm run doctor -- [options]

Checks an installation and names the fix of what is wrong. By itself it looks at the cluster of \`npm start\`; what is
not on this machine is found by the variables that the processes have: DATABASE_URL, DATABASE_POOLER,
DATABASE_DIRECT_URL, DATABASE_REPLICA_URLS, REDIS_URL, REDIS_CLUSTER, QUEUE_REDIS_URL, SERVER_KEY, LIMIT_SOCKETS,
DATABASE_POOL_SIZE.

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
  queueUrl: string | null;
  processes: Process[];
  /** Null: a pooler decides. */
  connections: number | null;
  sockets: number;
  /** To wait for a ping as somebody; null: not wanted. */
  serverKey: string | null;
  json: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Null: only the usage is wanted. @throws when the flags cannot be read */
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
  const roomsUrl = given(env, "REDIS_URL") ?? local("redis");
  const postgresUrl = given(env, "DATABASE_URL") ?? local("postgres");
  const pooler = poolers.find((each) => each === given(env, "DATABASE_POOLER")) ?? "none";
  const isPooled = pooler !== "none" && postgresUrl !== null;
  const withDatabase = cluster?.processes.filter(({ role }) => role === "api" || role === "worker").length;
  return {
    url: values.url ?? cluster?.url ?? "http://localhost:8080",
    databaseUrl: given(env, "DATABASE_DIRECT_URL") ?? (isPooled ? null : postgresUrl),
    pooled: isPooled ? { url: postgresUrl, pooler } : null,
    replicaUrls: (given(env, "DATABASE_REPLICA_URLS") ?? "").split(",").flatMap((url) => url.trim() || []),
    rooms: roomsUrl === null ? null : { url: roomsUrl, cluster: env.REDIS_CLUSTER === "1" },
    queueUrl: given(env, "QUEUE_REDIS_URL") ?? local("redis", "redis-queue") ?? roomsUrl,
    processes: cluster?.processes ?? [],
    connections: isPooled
      ? null
      : Number(values.processes ?? withDatabase ?? 4) * Number(given(env, "DATABASE_POOL_SIZE") ?? 10),
    sockets: Number(given(env, "LIMIT_SOCKETS") ?? 20_000),
    serverKey: values.quick ? null : (given(env, "SERVER_KEY") ?? (cluster ? developmentKey : null)),
    json: values.json,
  };
}

/** That of `npm start`; refused in production. */
const developmentKey = "dev-server-key";

const given = (env: Environment, name: string) => env[name]?.trim() || null;

function readCluster(named: string | undefined): { url: string; processes: Process[] } | null {
  const byDefault = fileURLToPath(new URL("../../.local/cluster.json", import.meta.url));
  const file = named === undefined ? byDefault : path.resolve(named);
  if (named === undefined && !existsSync(file)) return null;
  return JSON.parse(readFileSync(file, "utf8")) as { url: string; processes: Process[] };
}
