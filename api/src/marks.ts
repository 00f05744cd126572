import { rooms } from "@parloir/contracts/ids.ts";
import type { ItemResult, MarkItem } from "@parloir/contracts/internal.ts";
import type { ReadMark } from "@parloir/contracts/shapes.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Mark, raiseMarks } from "@parloir/store/marks.ts";

export type MarkRead = (items: MarkItem[]) => Promise<ItemResult<ReadMark>[]>;

/**
 * Raises read marks and, after the commit, tells the conversation (`messages_read`) and the reader's other devices
 * (`unread`) of those that moved. Several marks of one person in one conversation count as the highest.
 */
export function createMarkRead(options: { database: Database; publisher: RoomPublisher }): MarkRead {
  const { database, publisher } = options;
  return async (items) => {
    const highest = new Map<string, Mark>();
    for (const item of items) {
      const key = keyOf(item);
      if (item.seq >= (highest.get(key)?.seq ?? 0)) highest.set(key, item);
    }
    const marks = [...highest.values()];
    const rows = await raiseMarks(database, marks);
    const results = new Map<string, ItemResult<ReadMark>>();
    for (const [index, mark] of marks.entries()) {
      const row = rows[index];
      if (!row) {
        results.set(keyOf(mark), notFound);
        continue;
      }
      const { lastReadSeq, unreadCount, total } = row;
      results.set(keyOf(mark), { ok: true, data: { lastReadSeq, unreadCount } });
      if (!row.raised) continue;
      const { conversationId, userId } = mark;
      publisher.emit(rooms.conversation(conversationId), "messages_read", {
        conversationId,
        userId,
        seq: lastReadSeq,
      });
      publisher.emit(rooms.user(userId), "unread", { total, conversationId, count: unreadCount });
    }
    return items.map((item) => results.get(keyOf(item))!);
  };
}

const notFound: ItemResult<never> = {
  ok: false,
  error: { code: "NOT_FOUND", message: "no such conversation", retryable: false },
};

function keyOf(mark: { userId: string; conversationId: string }): string {
  return `${mark.conversationId} ${mark.userId}`;
}
