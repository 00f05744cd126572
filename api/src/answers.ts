import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { SendItem } from "@parloir/contracts/internal.ts";
import type { SharedConversation } from "@parloir/contracts/shapes.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { Database } from "@parloir/store/database.ts";
import { enterToAnswer, type SupportChange } from "@parloir/store/support.ts";
import type { Line } from "@parloir/store/system-lines.ts";
import type { CommitQueue, Committed } from "./commit/commit-queue.ts";
import type { AnnounceToAgents } from "./team.ts";

export type Submit = (send: SendItem) => Promise<Committed>;

/**
 * Submits a message; an agent who is no member of the support conversation becomes one first. The commit statement
 * refuses them like any stranger, and only then is it looked at: for everybody else it costs nothing.
 */
export function createSubmit(options: {
  database: Database;
  commitQueue: CommitQueue;
  publisher: RoomPublisher;
  announceToAgents: AnnounceToAgents;
}): Submit {
  const { database, commitQueue } = options;
  /** Several first answers of one agent wait for the same entry, and so keep their order. */
  const entering = new Map<string, Promise<boolean>>();

  function enter({ conversationId, senderId }: SendItem): Promise<boolean> {
    const key = `${conversationId} ${senderId}`;
    const mine =
      entering.get(key) ??
      enterToAnswer(database, conversationId, senderId)
        .then((change) => {
          if (change) announceSupport(options, change);
          return change !== null;
        })
        .finally(() => entering.delete(key));
    entering.set(key, mine);
    return mine;
  }

  return async (send) => {
    try {
      return await commitQueue.submit(send);
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== "NOT_FOUND" || !(await enter(send))) throw error;
      return commitQueue.submit(send);
    }
  };
}

/** Tells the new member, then the room, then the agents who are not in it. */
export function announceSupport(
  { publisher, announceToAgents }: { publisher: RoomPublisher; announceToAgents: AnnounceToAgents },
  { changed, entered, line, conversation }: SupportChange,
): void {
  if (entered !== null)
    publisher.emit(rooms.user(entered), "conversation_added", { conversationId: conversation.id });
  if (!changed) return;
  announceUpdate(publisher, conversation, line);
  announceToAgents(conversation.id);
}

/** The line that tells of it first: it is the head of what follows. */
export function announceUpdate(
  publisher: RoomPublisher,
  conversation: SharedConversation,
  line: Line | null,
): void {
  if (line) publisher.emit(rooms.conversation(conversation.id), "new_message", line);
  publisher.emit(rooms.conversation(conversation.id), "conversation_updated", conversation);
}
