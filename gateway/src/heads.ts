import { CodedError } from "@parloir/contracts/errors.ts";
import type { Batcher } from "./batcher.ts";
import type { Rosters } from "./rosters.ts";
import type { Sequencer } from "./sequencer.ts";

/**
 * Reads heads from the database and tells the sequencer, after those who are no members any more were taken out. The questions of many sockets go as one query: after a
 * gateway died, thousands ask within seconds.
 */
export interface Heads {
  /**
   * `tip`: a push may still be on its way, wait for it. `catchUp`: repair at once. `reset`: another history began.
   * @throws CodedError UNAVAILABLE
   */
  apply: (conversationIds: string[], how: "tip" | "catchUp" | "reset") => Promise<void>;
}

export function createHeads(options: {
  batcher: Batcher<"heads">;
  sequencer: Sequencer;
  rosters: Rosters;
}): Heads {
  const { batcher, sequencer, rosters } = options;

  async function applyOne(conversationId: string, how: "tip" | "catchUp" | "reset"): Promise<void> {
    // After a restore nothing that we know proves anything.
    const known = how === "reset" ? 0 : (sequencer.position(conversationId) ?? 0);
    const { lastSeq, roster } = await batcher.submit(conversationId, { conversationId, known });
    // Another history's rosters compare with nothing that we know.
    if (how === "reset") await rosters.recheck(conversationId);
    else await rosters.check(conversationId, roster);
    void sequencer[how](conversationId, lastSeq);
  }

  return {
    async apply(conversationIds, how) {
      const answers = await Promise.allSettled(conversationIds.map((id) => applyOne(id, how)));
      const failure = answers.find((answer) => answer.status === "rejected" && !isNotFound(answer.reason));
      if (failure?.status === "rejected") throw failure.reason;
    },
  };
}

/** Of a conversation that a restore took away: there is nothing to catch up with. */
function isNotFound(error: unknown): boolean {
  return error instanceof CodedError && error.code === "NOT_FOUND";
}
