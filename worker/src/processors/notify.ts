import { rooms } from "@parloir/contracts/ids.ts";
import { type NotifyJob, type OutboxMessage, outboxBits } from "@parloir/contracts/jobs.ts";
import type { Log } from "@parloir/platform/log.ts";
import { findLookers, lookingField } from "@parloir/platform/lookers.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { findForAgents } from "@parloir/store/conversations.ts";
import { type Database, isUniqueViolation } from "@parloir/store/database.ts";
import { unreadTotals } from "@parloir/store/marks.ts";
import {
  findRecipients,
  type Recipient,
  readSendersLines,
  type WrittenNotification,
  writeNotifications,
} from "@parloir/store/notifications.ts";
import { finishOutbox } from "@parloir/store/outbox.ts";

/**
 * Notifies each member who has not read a message and does not have its conversation open: a row, a `notification`
 * and the new `unread` total. Whoever sent it has read what came before. Doing it twice is doing it once: a row is only
 * ever raised, or read, and only what changed is published.
 */
export function createNotifyProcessor(options: {
  database: Database;
  redis: RedisClient;
  publisher: RoomPublisher;
  log: Log;
  /** When a line is due by e-mail; null: never. */
  mailAfterSeconds: number | null;
  /** Of each line that was written or raised: seconds since its message was sent. */
  onWritten: (ageSeconds: number) => void;
}): (job: NotifyJob) => Promise<void> {
  const { database, publisher } = options;

  async function withoutLookers(recipients: Recipient[]): Promise<Recipient[]> {
    try {
      const looking = await findLookers(options.redis, recipients);
      return recipients.filter((each) => !looking.has(lookingField(each.conversationId, each.userId)));
    } catch (error) {
      options.log.debug({ err: error }, "who looks is unknown: everyone is notified");
      return recipients;
    }
  }

  async function write(recipients: Recipient[]): Promise<WrittenNotification[]> {
    const again = () => writeNotifications(database, recipients, options.mailAfterSeconds);
    try {
      return await again();
    } catch (error) {
      // A line that another job wrote, and its person read, since the statement began: the next one sees it.
      if (!isUniqueViolation(error)) throw error;
      return again();
    }
  }

  async function tellUnread(changed: (Recipient & { unreadCount: number })[]): Promise<void> {
    if (changed.length === 0) return;
    const totals = await unreadTotals(
      database,
      changed.map((each) => each.userId),
    );
    for (const { userId, conversationId, unreadCount } of changed) {
      const total = totals.get(userId) ?? 0;
      publisher.emit(rooms.user(userId), "unread", { total, conversationId, count: unreadCount });
    }
  }

  async function notifyRecipients(job: NotifyJob): Promise<void> {
    const unread = await findRecipients(database, job.messages);
    if (unread.length === 0) return;
    const recipients = await withoutLookers(unread);
    if (recipients.length === 0) return;
    const written = await write(recipients);
    for (const { userId, notification, announce, ageSeconds } of written) {
      options.onWritten(ageSeconds);
      if (announce) publisher.emit(rooms.user(userId), "notification", notification);
    }
    await tellUnread(written);
  }

  async function settleSenders(job: NotifyJob): Promise<void> {
    await tellUnread(await readSendersLines(database, job.messages));
  }

  /** The lists of agents, who are members of few of the conversations that they see. */
  async function announceToAgents(messages: OutboxMessage[]): Promise<void> {
    const ids = [...new Set(messages.map((message) => message.conversationId))];
    for (const conversation of await findForAgents(database, ids))
      publisher.emit(rooms.agents, "conversation_updated", conversation);
  }

  return async (job) => {
    await Promise.all([notifyRecipients(job), settleSenders(job), announceToAgents(job.messages)]);
    await finishOutbox(database, job.outboxIds, outboxBits.notify);
  };
}
