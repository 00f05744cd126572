import type { RetentionPolicy } from "@parloir/contracts/privacy.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { forgetSeen } from "@parloir/platform/presence-keys.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { Database } from "@parloir/store/database.ts";
import type { ConnectionOptions } from "bullmq";
import { startErasures } from "./erasures.ts";
import { createEraseProcessor } from "./processors/erase.ts";
import { createRetainProcessor } from "./processors/retain.ts";
import { startRetention } from "./retention.ts";

/** What takes stored data away again: erasures as they are asked for, retention by the clock. */
export function startPrivacy(options: {
  database: Database;
  redis: RedisClient;
  publisher: RoomPublisher;
  queueRedis: { queue: ConnectionOptions; worker: ConnectionOptions };
  policy: RetentionPolicy;
  log: Log;
  metrics: Metrics;
}): { close: () => Promise<void> } {
  const { database, redis, publisher, policy, metrics } = options;
  const erased = metrics.get("parloir_people_erased_total");
  const removed = metrics.get("parloir_retention_removed_total");
  const erasures = startErasures({
    ...options,
    erase: createEraseProcessor({
      database,
      publisher,
      forgetPresence: (userId) => forgetSeen(redis, userId),
      onErased: () => erased.inc(),
    }),
  });
  const retention = startRetention({
    ...options,
    everyMinutes: policy.everyMinutes,
    run: createRetainProcessor({
      database,
      publisher,
      policy,
      onRemoved: (what, count) => removed.inc({ what }, count),
    }),
  });
  return {
    async close() {
      await Promise.all([erasures.close(), retention.close()]);
    },
  };
}
