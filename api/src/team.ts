import { rooms } from "@parloir/contracts/ids.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import { findForAgents } from "@parloir/store/conversations.ts";
import type { Database } from "@parloir/store/database.ts";

/** Tells every agent's list how a support conversation stands now; of any other conversation it says nothing. */
export type AnnounceToAgents = (conversationId: string) => void;

/**
 * Read after the change was committed, one after the other, so that what this api says last is the newest it knows.
 * Messages are announced by the worker, off their way.
 */
export function createAnnounceToAgents(options: {
  database: Database;
  publisher: RoomPublisher;
  log: Log;
}): AnnounceToAgents {
  let last = Promise.resolve();

  async function announce(conversationId: string): Promise<void> {
    try {
      for (const conversation of await findForAgents(options.database, [conversationId]))
        options.publisher.emit(rooms.agents, "conversation_updated", conversation);
    } catch (error) {
      options.log.warn({ err: error }, "agents could not be told of a change");
    }
  }

  return (conversationId) => {
    last = last.then(() => announce(conversationId));
  };
}
