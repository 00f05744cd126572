import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { ChangeItem } from "@parloir/contracts/internal.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import { applyChange, type Change } from "@parloir/store/changes.ts";
import type { Database } from "@parloir/store/database.ts";

/** @throws CodedError NOT_FOUND, FORBIDDEN, CONFLICT, INVALID; UNAVAILABLE when the outcome is unknown */
export type ApplyChange = (item: ChangeItem) => Promise<Change>;

/**
 * Each change is a transaction that waits for its conversation's row. Not more than so many at once: the other
 * connections of the pool stay for the commits, whatever people do to one message.
 */
const mostAtOnce = 3;

/**
 * Edits, deletions and reactions, and after their commit the push. Those of one conversation are made one after the
 * other, in the order in which they came.
 */
export function createApplyChange(options: {
  database: Database;
  publisher: RoomPublisher;
  blocksBothWays: boolean;
  metrics: Metrics;
}): ApplyChange {
  const { database, publisher, blocksBothWays } = options;
  const changes = options.metrics.get("parloir_changes_total");
  /** The conversations that are waited for, each with its changes in order; the first may be under way. */
  const queues = new Map<string, (() => Promise<void>)[]>();
  const idle: string[] = [];
  let running = 0;

  async function make(item: ChangeItem): Promise<Change> {
    try {
      const change = await applyChange(database, item, blocksBothWays);
      changes.inc({ kind: item.kind, outcome: change.changed ? "ok" : "unchanged" });
      if (change.changed)
        publisher.emit(rooms.conversation(item.conversationId), "message_updated", change.message);
      return change;
    } catch (error) {
      changes.inc({ kind: item.kind, outcome: error instanceof CodedError ? error.code : "INTERNAL" });
      throw error;
    }
  }

  async function work(): Promise<void> {
    running += 1;
    for (;;) {
      const id = idle.shift();
      if (id === undefined) break;
      const queue = queues.get(id)!;
      await queue[0]!();
      queue.shift();
      // To the end of the line: one busy conversation does not keep the others waiting.
      if (queue.length > 0) idle.push(id);
      else queues.delete(id);
    }
    running -= 1;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const task = () => make(item).then(resolve, reject);
      const queue = queues.get(item.conversationId);
      if (queue) {
        queue.push(task);
        return;
      }
      queues.set(item.conversationId, [task]);
      idle.push(item.conversationId);
      if (running < mostAtOnce) void work();
    });
}
