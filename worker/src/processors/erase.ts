import { rooms } from "@parloir/contracts/ids.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { Database } from "@parloir/store/database.ts";
import {
  eraseMessages,
  findRunning,
  finishErasure,
  leaveForGood,
  nextConversation,
  type RunningErasure,
  replaceMember,
} from "@parloir/store/erasure.ts";
import { announceConversation } from "../announcements.ts";

export interface EraseJob {
  userId: string;
}

/** `progress` after every conversation; what it throws ends the job for now. */
export type Erase = (job: EraseJob, progress: () => Promise<void>) => Promise<void>;

/**
 * Erases a person conversation by conversation. Killed anywhere it begins again with what is left: what was done no
 * longer knows the person.
 */
export function createEraseProcessor(options: {
  database: Database;
  publisher: RoomPublisher;
  /** Forgets when the person was last seen. */
  forgetPresence: (userId: string) => Promise<void>;
  onErased: () => void;
}): Erase {
  const { database, publisher } = options;

  async function eraseIn(conversationId: string, person: RunningErasure): Promise<void> {
    const head = await leaveForGood(database, conversationId, person.userId);
    publisher.emit(rooms.user(person.userId), "conversation_removed", { conversationId });
    const count = await eraseMessages(database, conversationId, head, person);
    await replaceMember(database, conversationId, person);
    await announceConversation({ database, publisher }, conversationId, count > 0);
  }

  return async ({ userId }, progress) => {
    const person = await findRunning(database, userId);
    if (!person) return;
    for (;;) {
      const conversationId = await nextConversation(database, userId);
      if (conversationId === null) break;
      await eraseIn(conversationId, person);
      await progress();
    }
    await options.forgetPresence(userId);
    await finishErasure(database, person);
    options.onErased();
  };
}
