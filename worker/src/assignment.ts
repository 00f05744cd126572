import { rooms } from "@parloir/contracts/ids.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { onlineOf } from "@parloir/platform/presence-keys.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { acceptingAgents, assignOldest } from "@parloir/store/assignment.ts";
import type { Database } from "@parloir/store/database.ts";
import { announceConversation } from "./announcements.ts";

/**
 * Gives what nobody has to agents who are there and have room.
 *
 * It looks every second instead of being told. Room comes from closing, handing on, coming online, a changed capacity
 * or setting; work from new conversations, reopening ones and ones that were given back: in three processes, and one
 * cause forgotten would let a customer wait for ever. Looking costs one query of 0.1 ms while it is switched off.
 *
 * Without Redis nobody is known to be there, and nothing is given.
 */
export interface Assignment {
  /** Ends after the round in progress. */
  stop: () => Promise<void>;
}

const lookEveryMs = 1_000;
/** Of one round: who waits longest comes first in the next one too, and settings are read anew. */
const mostAtOnce = 50;

export function startAssignment(options: {
  database: Database;
  redis: RedisClient;
  publisher: RoomPublisher;
  log: Log;
  metrics: Metrics;
}): Assignment {
  const { database, redis, publisher, log } = options;
  const assigned = options.metrics.get("parloir_assignments_total");
  let round: Promise<void> | undefined;
  const timer = setInterval(() => {
    round ??= give()
      .catch((error: unknown) => log.debug({ err: error }, "nothing could be assigned"))
      .finally(() => {
        round = undefined;
      });
  }, lookEveryMs);
  timer.unref();

  async function give(): Promise<void> {
    const accepting = await acceptingAgents(database);
    const online = accepting.length > 0 ? await onlineOf(redis, accepting) : [];
    for (let given = 0; online.length > 0 && given < mostAtOnce; given += 1) {
      const change = await assignOldest(database, online);
      if (!change) return;
      assigned.inc();
      const { id } = change.conversation;
      if (change.entered !== null)
        publisher.emit(rooms.user(change.entered), "conversation_added", { conversationId: id });
      await announceConversation({ database, publisher }, id, false);
    }
  }

  return {
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}
