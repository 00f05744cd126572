import type { ApiConfig } from "@parloir/platform/env.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { createDatabase, type Database } from "@parloir/store/database.ts";
import { createReplicas, type Replicas } from "@parloir/store/replicas.ts";

/** The replicas of DATABASE_REPLICA_URLS; without any, the primary answers everything. */
export function openReplicas(options: {
  config: ApiConfig;
  primary: Database;
  metrics: Metrics;
  log: Log;
}): Replicas {
  const { config, primary, metrics, log } = options;
  const reads = metrics.get("parloir_replica_reads_total");
  return createReplicas({
    primary,
    replicas: config.databaseReplicaUrls.map((url) => ({
      name: new URL(url).host,
      database: createDatabase({
        url,
        pooler: config.databasePooler,
        poolSize: config.databasePoolSize,
        applicationName: config.nodeName,
        onError: (error) => log.warn({ err: error }, "a connection to a postgres replica failed"),
      }),
    })),
    onRead: (outcome) => reads.inc({ outcome }),
    onChange(replica, isWhole, error) {
      if (isWhole) log.info({ replica }, "a postgres replica has everything: it answers what only reads");
      else log.warn({ replica, err: error }, "a postgres replica is gone or behind: the primary answers");
    },
  });
}

export function areWhole(replicas: Replicas): boolean {
  return replicas.states().every(({ behindMs }) => behindMs === 0);
}

export function watchReplicas(replicas: Replicas, metrics: Metrics): void {
  const gauge = metrics.get("parloir_replica_behind_seconds");
  Object.assign(gauge, {
    collect() {
      for (const { name, behindMs } of replicas.states()) gauge.set({ replica: name }, behindMs / 1_000);
    },
  });
}
