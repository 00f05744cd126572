import { listConversationIds } from "@parloir/store/conversations.ts";
import type { Database } from "@parloir/store/database.ts";
import { writeWaitsOf } from "./write.ts";

const conversationsAtOnce = 500;

/**
 * Writes every wait again from its conversation's log. Safe beside running workers.
 * @returns how many rows were not there, or not so, and how many follow from nothing: both 0 unless something is wrong
 */
export async function rebuildWaits(
  database: Database,
): Promise<{ conversations: number; changed: number; removed: number }> {
  const total = { conversations: 0, changed: 0, removed: 0 };
  for (let after: string | null = null; ; ) {
    const ids: string[] = await listConversationIds(database, after, conversationsAtOnce);
    const { changed, removed } = await writeWaitsOf(database, ids, true);
    total.conversations += ids.length;
    total.changed += changed.length;
    total.removed += removed;
    after = ids.at(-1) ?? null;
    if (after === null) return total;
  }
}
