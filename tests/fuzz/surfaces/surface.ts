import type { Random } from "../../faults/random.ts";
import type { Target } from "../target.ts";

export const surfaceNames = ["rest", "commands", "frames", "http"] as const;
export type SurfaceName = (typeof surfaceNames)[number];

/** What one case did and what came back, and what is wrong with that. */
export interface Outcome {
  sent: string;
  answer: string;
  /** The answer in a word, to be counted: a code, a status, "closed". */
  kind: string;
  /** Null: as it should be. */
  finding: string | null;
}

/** One way into the cluster. A case is decided by its randomness alone, so that its number gives it again. */
export interface Surface {
  run: (random: Random) => Promise<Outcome>;
  close: () => void;
}

export type CreateSurface = (target: Target) => Promise<Surface> | Surface;
