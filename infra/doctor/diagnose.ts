import { checkBalancer } from "./balancer.ts";
import { checkBalancerClock } from "./clocks.ts";
import { checkDescriptors } from "./descriptors.ts";
import { attempt, type Finding, unknown } from "./finding.ts";
import type { Options } from "./options.ts";
import { checkPooler, checkReplicas, poolerFix } from "./postgres-ways.ts";
import { checkSentinels } from "./sentinels.ts";
import { checkPostgres, checkQueue, checkRooms } from "./stores.ts";

/** Everything at once; what waits longest is an idle connection. */
export async function diagnose(options: Options): Promise<Finding[]> {
  const { databaseUrl, pooled, replicaUrls, rooms, queue } = options;
  const given = (what: string, variable: string, fix: string, check: (() => Promise<Finding[]>) | null) =>
    check ? attempt(what, fix, check) : [unknown(what, `not looked at: ${variable} is not given`)];
  const found = await Promise.all([
    checkBalancer(options.url, options.serverKey),
    checkBalancerClock(options.url).catch(() => []),
    given(
      "Postgres",
      pooled ? "DATABASE_DIRECT_URL" : "DATABASE_URL",
      "is it running, and does DATABASE_URL name it with the right password?",
      databaseUrl === null ? null : () => checkPostgres(databaseUrl, options.connections),
    ),
    pooled ? attempt("pooler", poolerFix, () => checkPooler(pooled.url, pooled.pooler)) : [],
    databaseUrl !== null && replicaUrls.length > 0
      ? attempt("replicas", "does DATABASE_REPLICA_URLS name them?", () =>
          checkReplicas(databaseUrl, replicaUrls),
        )
      : [],
    given(
      "Redis for rooms",
      "REDIS_URL",
      "is it running, and does REDIS_URL name it with the right password? REDIS_CLUSTER=1 for a cluster",
      rooms === null ? null : () => checkRooms(rooms),
    ),
    given(
      "Redis for queues",
      "QUEUE_REDIS_URL",
      queue?.sentinels
        ? "do the Sentinels know it as QUEUE_REDIS_MASTER, and has QUEUE_REDIS_URL its password?"
        : "is it running, and does QUEUE_REDIS_URL name it with the right password?",
      queue === null ? null : () => checkQueue(queue),
    ),
    queue?.sentinels ? checkSentinels(queue.sentinels) : [],
    checkDescriptors(options.processes, options.sockets),
  ]);
  return found.flat();
}
