import { rooms } from "@parloir/contracts/ids.ts";
import type { EndedCallItem, ItemResult } from "@parloir/contracts/internal.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import { recordCall } from "@parloir/store/calls.ts";
import type { Database } from "@parloir/store/database.ts";
import { announceUpdate } from "./answers.ts";
import { failed, ok } from "./item-results.ts";
import type { AnnounceToAgents } from "./team.ts";

export type RecordCalls = (items: readonly EndedCallItem[]) => Promise<ItemResult<Record<string, never>>[]>;

/** Writes the lines of calls that are over, and tells them. */
export function createRecordCalls(options: {
  database: Database;
  publisher: RoomPublisher;
  announceToAgents: AnnounceToAgents;
}): RecordCalls {
  async function record(item: EndedCallItem): Promise<Record<string, never>> {
    const told = await recordCall(options.database, item);
    if (told) {
      announceUpdate(options.publisher, told.conversation, told.line);
      options.announceToAgents(item.conversationId);
      if (told.missed?.announce)
        options.publisher.emit(rooms.user(told.missed.userId), "notification", told.missed.notification);
    }
    return {};
  }

  return (items) => Promise.all(items.map((item) => record(item).then(ok, failed)));
}
