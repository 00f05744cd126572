import {
  closeRedis,
  createPublisherClient,
  createQueueProducerClient,
  type QueueEndpoint,
  type RedisClient,
  type RedisEndpoint,
  untilReady,
} from "@parloir/platform/redis.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { readMigrations } from "@parloir/store/migrate.ts";
import { readSettings, type Settings } from "@parloir/store/settings.ts";
import { pino } from "pino";
import { checkClock } from "./clocks.ts";
import { type Finding, ok, problem, unknown, warning } from "./finding.ts";

const patienceMs = 5_000;
export const silent = pino({ level: "silent" });

/** @param connections what all processes of this installation together may open; null: a pooler does */
export async function checkPostgres(url: string, connections: number | null): Promise<Finding[]> {
  const database = createDatabase({
    url,
    poolSize: 1,
    applicationName: "parloir-doctor",
    onError: () => undefined,
  });
  try {
    const settings = await readSettings(database);
    return [
      ...judgeSettings(settings, connections),
      checkClock("clock of Postgres", Date.parse(settings.now)),
      await judgeMigrations(settings),
    ];
  } finally {
    await database.close();
  }
}

export function judgeSettings(settings: Settings, connections: number | null): Finding[] {
  const version = Math.floor(settings.versionNumber / 10_000);
  const unsafe = Object.entries({
    fsync: settings.fsync,
    full_page_writes: settings.fullPageWrites,
    synchronous_commit: settings.synchronousCommit,
  }).filter(([, value]) => value === "off");
  const free = settings.maxConnections - settings.reservedConnections;
  return [
    version >= 18
      ? ok("Postgres", `version ${version}`)
      : problem("Postgres", `version ${version}`, "18 or newer is needed (uuidv7)"),
    unsafe.length === 0
      ? ok("durability", "fsync, full_page_writes and synchronous_commit are on")
      : problem(
          "durability",
          `${unsafe.map(([name]) => name).join(", ")} off`,
          "an acked message may be lost with a power cut: ALTER SYSTEM SET … = on, then reload or restart",
        ),
    judgeConnections(connections, free),
  ];
}

function judgeConnections(connections: number | null, free: number): Finding {
  if (connections === null) return unknown("connections", `the pooler opens them: there are ${free}`);
  if (connections <= free) return ok("connections", `${connections} of ${free} may be needed`);
  return problem(
    "connections",
    `${connections} may be needed, and there are ${free}`,
    "raise max_connections, lower DATABASE_POOL_SIZE, or put a pooler between",
  );
}

async function judgeMigrations({ migrations }: Settings): Promise<Finding> {
  const fix = "run node store/src/main.ts migrate";
  if (migrations === null) return problem("migrations", "there are no tables", fix);
  const applied = new Set(migrations);
  const missing = (await readMigrations()).filter(({ number }) => !applied.has(number));
  if (missing.length === 0) return ok("migrations", `${migrations.length} applied, none missing`);
  return problem("migrations", `missing: ${missing.map(({ number }) => number).join(", ")}`, fix);
}

export async function checkRooms(endpoint: RedisEndpoint): Promise<Finding[]> {
  return withRedis(createPublisherClient(endpoint, silent), async (redis) => {
    const [version, clock] = [versionOf(await redis.info("server")), await clockOf(redis)];
    return [judgeVersion("Redis for rooms", version), checkClock("clock of Redis for rooms", clock)];
  });
}

export async function checkQueue(endpoint: QueueEndpoint): Promise<Finding[]> {
  return withRedis(createQueueProducerClient(endpoint, silent), async (redis) => {
    const version = versionOf(await redis.info("server"));
    const persistence = await redis.info("persistence");
    const policy = /maxmemory_policy:(\S+)/.exec(await redis.info("memory"))?.[1] ?? "unknown";
    return [
      judgeVersion("Redis for queues", version),
      policy === "noeviction"
        ? ok("eviction of queues", policy)
        : problem(
            "eviction of queues",
            policy,
            "jobs would be thrown away: CONFIG SET maxmemory-policy noeviction",
          ),
      /aof_enabled:1/.test(persistence)
        ? ok("append-only file of queues", "on")
        : warning(
            "append-only file of queues",
            "off",
            "after a restart jobs come again from the outbox, later: CONFIG SET appendonly yes",
          ),
    ];
  });
}

/** Asks a client of its own, which is closed behind. */
export async function withRedis<Client extends RedisClient, Answer>(
  redis: Client,
  check: (redis: Client) => Promise<Answer>,
): Promise<Answer> {
  try {
    if (!(await untilReady(redis, patienceMs))) throw new Error(`no answer in ${patienceMs / 1_000} s`);
    return await check(redis);
  } finally {
    closeRedis(redis);
  }
}

const versionOf = (info: string) => /redis_version:(\S+)/.exec(info)?.[1] ?? "0";

function judgeVersion(what: string, version: string): Finding {
  return Number.parseInt(version, 10) >= 7
    ? ok(what, `version ${version}`)
    : problem(what, `version ${version}`, "7 or newer is needed (sharded pub/sub)");
}

async function clockOf(redis: RedisClient): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}
