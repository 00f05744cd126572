import { CodedError } from "@parloir/contracts/errors.ts";
import type { RoomRosters } from "./room-rosters.ts";
import type { Sequencer } from "./sequencer.ts";

/**
 * Reads heads from the database and tells the sequencer, after those who are no members any more were taken out. The
 * questions of many sockets go as one query: after a gateway died, thousands ask within seconds. Conversations have
 * one, and channels, which are numbered alike, have one of their own.
 */
export interface Heads {
  /**
   * `tip`: a push may still be on its way, wait for it. `catchUp`: repair at once. `reset`: another history began.
   * @throws CodedError UNAVAILABLE
   */
  apply: (conversationIds: string[], how: "tip" | "catchUp" | "reset") => Promise<void>;
}

export function createHeads(options: {
  /** Batched. `known` was delivered in `epoch`: a lower head proves that the database went back to an older state. */
  ask: (
    id: string,
    known: number,
    epoch: string,
  ) => Promise<{ lastSeq: number; lastChange?: number; roster: number }>;
  /** The epoch in which the sequencer's positions were delivered, but for those of `outdated`. */
  epoch: () => string;
  sequencer: Pick<Sequencer, "position" | "tip" | "catchUp" | "reset">;
  rosters: RoomRosters;
}): Heads {
  const { sequencer, rosters } = options;
  /** Their positions are of an earlier epoch, until the head of this one is known: they prove nothing. */
  let outdated = new Set<string>();

  async function applyOne(conversationId: string, how: "tip" | "catchUp" | "reset"): Promise<void> {
    const known = outdated.has(conversationId) ? 0 : (sequencer.position(conversationId) ?? 0);
    const { roster, ...head } = await options.ask(conversationId, known, options.epoch());
    // Another history's rosters compare with nothing that we know.
    if (how === "reset") await rosters.recheck(conversationId);
    else await rosters.check(conversationId, roster);
    void sequencer[how](conversationId, head);
    if (how === "reset") outdated.delete(conversationId);
  }

  return {
    async apply(conversationIds, how) {
      if (how === "reset") outdated = new Set(conversationIds);
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
