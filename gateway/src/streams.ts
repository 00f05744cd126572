import type { Heads } from "./heads.ts";
import type { Sequencer } from "./sequencer.ts";

/** What is numbered without gaps and delivered in that order: the conversations, and the channels. */
export interface Stream {
  heads: Heads;
  sequencer: Pick<Sequencer, "conversations">;
}
