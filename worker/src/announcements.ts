import { rooms } from "@parloir/contracts/ids.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import { findForAgents, findSharedConversation } from "@parloir/store/conversations.ts";
import type { Database } from "@parloir/store/database.ts";
import { lastAltered } from "@parloir/store/rewriting.ts";

/** Tells those who have a conversation, and agents' lists, what a job made of it. */
export async function announceConversation(
  { database, publisher }: { database: Database; publisher: RoomPublisher },
  id: string,
  /** Messages are no longer what they were. One of them tells: gateways ask for whatever numbers they miss before it. */
  rewritten: boolean,
): Promise<void> {
  const room = rooms.conversation(id);
  const last = rewritten ? await lastAltered(database, id) : null;
  if (last) publisher.emit(room, "message_updated", last);
  const shared = await findSharedConversation(database.query, id);
  if (shared) publisher.emit(room, "conversation_updated", shared);
  for (const conversation of await findForAgents(database, [id]))
    publisher.emit(rooms.agents, "conversation_updated", conversation);
}
