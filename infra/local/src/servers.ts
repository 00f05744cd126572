/** Postgres and the two Redis: the user's own by URL, or private ones. */
import path from "node:path";
import type { ProcessSpec } from "./child.ts";
import { type Options, UsageError } from "./options.ts";
import type { PortBook } from "./ports.ts";
import { preparePostgres } from "./postgres.ts";
import { postgresState, redisVersion } from "./probes.ts";
import type { Program } from "./programs.ts";
import { prepareRedis } from "./redis.ts";

export interface Server {
  name: string;
  role: "postgres" | "redis";
  /** Such as "Postgres 18.4". */
  title: string;
  url: string;
  /** Null: somebody else's, not ours to run. */
  spec: ProcessSpec | null;
}

export async function postgresServer(options: Options, dir: string, ports: PortBook): Promise<Server> {
  const given = options.databaseUrl;
  const common = { name: "postgres", role: "postgres" } as const;
  if (given !== undefined) {
    if ((await postgresState(given)) === "absent") throw new UsageError(unreachable("DATABASE_URL", given));
    return { ...common, title: "Postgres by DATABASE_URL", url: given, spec: null };
  }
  const { spec, url, version } = await preparePostgres({ dir, port: await ports.assign("postgres") });
  return { ...common, title: `Postgres ${version}`, url, spec };
}

export interface RedisServers {
  rooms: Server;
  queues: Server;
}

/** Rooms want speed and keep nothing; queues must keep every job. One server of the user's serves both. */
export async function redisServers(
  options: Options,
  dir: string,
  ports: PortBook,
  locate: () => Promise<Program>,
): Promise<RedisServers> {
  const { redisUrl, queueRedisUrl } = options;
  const queueUrl = queueRedisUrl ?? redisUrl;
  const isGiven = redisUrl !== undefined && queueUrl !== undefined;
  const program = isGiven ? null : await locate();
  const rooms =
    redisUrl === undefined
      ? await privateRedis("redis", dir, ports, program, false)
      : await givenRedis("redis", "REDIS_URL", redisUrl);
  const queues =
    queueUrl === undefined
      ? await privateRedis("redis-queue", dir, ports, program, true)
      : queueUrl === redisUrl
        ? rooms
        : await givenRedis("redis-queue", "QUEUE_REDIS_URL", queueUrl);
  return { rooms, queues };
}

async function privateRedis(
  name: string,
  dir: string,
  ports: PortBook,
  program: Program | null,
  appendonly: boolean,
): Promise<Server> {
  const own = { dir: path.join(dir, name), name, port: await ports.assign(name), appendonly };
  const { spec, url } = await prepareRedis(program === null ? own : { ...own, program });
  const use = appendonly ? "for queues" : "for rooms";
  return { name, role: "redis", title: `Redis ${program?.version ?? ""} ${use}`, url, spec };
}

async function givenRedis(name: string, variable: string, url: string): Promise<Server> {
  const version = await redisVersion(url);
  if (version === null) throw new UsageError(unreachable(variable, url));
  if (Number(version.split(".")[0]) < 7) {
    throw new UsageError(
      `${variable} is Redis ${version}; 7.0 or newer is needed (the rooms use its sharded pub/sub)`,
    );
  }
  return { name, role: "redis", title: `Redis ${version} by ${variable}`, url, spec: null };
}

function unreachable(variable: string, url: string): string {
  return `Nothing answers at ${variable} (${new URL(url).host}), or it refuses the password`;
}
