import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { forgetUntold, takeUntold, type UntoldCall } from "@parloir/platform/untold-calls.ts";
import { recordCall } from "@parloir/store/calls.ts";
import type { Database } from "@parloir/store/database.ts";
import { announceConversation } from "./announcements.ts";
import { type Rounds, startRounds } from "./rounds.ts";

const lookEveryMs = 2_000;

/**
 * Sees that every call has its line: of most a gateway has told, and there is nothing to do. What cannot be told now
 * comes again; without Redis there are no calls, and those that it has lost leave nothing.
 */
export function startLostCalls(options: {
  database: Database;
  redis: RedisClient;
  publisher: RoomPublisher;
  log: Log;
}): Rounds {
  const { database, redis, publisher, log } = options;

  async function tell({ ended }: UntoldCall): Promise<void> {
    const { conversationId } = ended;
    const told = await recordCall(database, ended);
    if (!told) return;
    publisher.emit(rooms.conversation(conversationId), "new_message", told.line);
    await announceConversation({ database, publisher }, conversationId, false);
    if (told.missed?.announce)
      publisher.emit(rooms.user(told.missed.userId), "notification", told.missed.notification);
  }

  async function settle(call: UntoldCall): Promise<void> {
    try {
      await tell(call);
    } catch (error) {
      // Its conversation was never there, or is not any more.
      if (!(error instanceof CodedError) || error.code !== "NOT_FOUND") throw error;
    }
    await forgetUntold(redis, call);
  }

  return startRounds(async () => {
    try {
      for (const call of await takeUntold(redis)) await settle(call);
    } catch (error) {
      log.debug({ err: error }, "calls could not be seen to");
    }
    return lookEveryMs;
  });
}
