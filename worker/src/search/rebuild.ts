import { listConversationIds } from "@parloir/store/conversations.ts";
import type { Database } from "@parloir/store/database.ts";
import { createIndexer, findUnindexed } from "@parloir/store/search-index.ts";

const conversationsAtOnce = 500;
const messagesAtOnce = 1_000;

/**
 * Indexes what is not in the index: what was committed while workers of before it did the jobs, or whose job was lost.
 * Safe beside running workers; what is there is left as it is.
 * @returns how many messages were missing
 */
export async function rebuildSearch(database: Database): Promise<{ conversations: number; indexed: number }> {
  const total = { conversations: 0, indexed: 0 };
  const index = createIndexer(database);
  for (let after: string | null = null; ; ) {
    const ids: string[] = await listConversationIds(database, after, conversationsAtOnce);
    total.conversations += ids.length;
    // Ends: what was indexed, or deleted meanwhile, is not found again.
    for (;;) {
      const missing = await findUnindexed(database, ids, messagesAtOnce);
      await index(missing);
      total.indexed += missing.length;
      if (missing.length < messagesAtOnce) break;
    }
    after = ids.at(-1) ?? null;
    if (after === null) return total;
  }
}
