import type { RetentionPolicy } from "@parloir/contracts/privacy.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { Database } from "@parloir/store/database.ts";
import {
  agedConversations,
  closedConversations,
  deleteAudit,
  deleteNotes,
  deleteNotifications,
  type EmptyingStep,
  emptyConversation,
  type Step,
} from "@parloir/store/retention.ts";
import { announceConversation } from "../announcements.ts";

export type Removed = "messages" | "notes" | "notifications" | "audit";

const dayMs = 86_400_000;

/** One run over everything that a policy limits. Stopped anywhere, the next run finds what is left. */
export function createRetainProcessor(options: {
  database: Database;
  publisher: RoomPublisher;
  policy: RetentionPolicy;
  onRemoved: (what: Removed, count: number) => void;
}): (isStopping: () => boolean) => Promise<void> {
  const { database, policy, onRemoved } = options;

  async function empty(step: EmptyingStep, before: string | null): Promise<void> {
    for (const due of step.due) {
      const count = await emptyConversation(database, due, before);
      // What was closed is emptied whole, and what agents noted goes with it.
      if (before === null) onRemoved("notes", await deleteNotes(database, due.id));
      onRemoved("messages", count);
      if (count > 0) await announceConversation(options, due.id, true);
    }
  }

  return async (isStopping) => {
    const limits: [number | null, (before: string, after: string | null) => Promise<Step>][] = [
      [
        policy.messages,
        async (before, after) => {
          const step = await agedConversations(database, after, before);
          await empty(step, before);
          return step;
        },
      ],
      [
        policy.closedConversations,
        async (before, after) => {
          const step = await closedConversations(database, after, before);
          await empty(step, null);
          return step;
        },
      ],
      [
        policy.notifications,
        async (before, after) => {
          const step = await deleteNotifications(database, after, before);
          onRemoved("notifications", step.deleted);
          return step;
        },
      ],
      [
        policy.audit,
        async (before) => {
          const step = await deleteAudit(database, before);
          onRemoved("audit", step.deleted);
          return step;
        },
      ],
    ];
    for (const [days, run] of limits) {
      if (days === null) continue;
      const before = new Date(Date.now() - days * dayMs).toISOString();
      let after: string | null = null;
      do {
        if (isStopping()) return;
        after = (await run(before, after)).next;
      } while (after !== null);
    }
  };
}
