import type { ApiClient } from "./api-client.ts";
import type { Sequencer } from "./sequencer.ts";

/** Reads heads from the database, all of the given conversations in one query, and tells the sequencer. */
export interface Heads {
  /**
   * `tip`: a push may still be on its way, wait for it. `catchUp`: repair at once. `reset`: another history began.
   * @throws CodedError UNAVAILABLE
   */
  apply: (conversationIds: string[], how: "tip" | "catchUp" | "reset") => Promise<void>;
}

const idsPerCall = 5_000;
const timeoutMs = 4_000;

export function createHeads(options: { api: ApiClient; sequencer: Sequencer }): Heads {
  const { api, sequencer } = options;

  async function applySome(ids: string[], how: "tip" | "catchUp" | "reset"): Promise<void> {
    const items = ids.map((conversationId) => {
      // After a restore nothing that we know proves anything.
      return { conversationId, known: how === "reset" ? 0 : (sequencer.position(conversationId) ?? 0) };
    });
    const { results } = await api.call("heads", items, { lane: 0, timeoutMs });
    for (const [index, result] of results.entries()) {
      if (result.ok) void sequencer[how](ids[index]!, result.data.lastSeq);
    }
  }

  return {
    async apply(conversationIds, how) {
      for (let start = 0; start < conversationIds.length; start += idsPerCall) {
        await applySome(conversationIds.slice(start, start + idsPerCall), how);
      }
    },
  };
}
