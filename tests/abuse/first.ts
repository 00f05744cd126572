import type { Random } from "../faults/random.ts";

/** No chance at all: takes the first of everything, and every optional field. */
export const first: Random = {
  next: () => 0,
  int: () => 0,
  between: (low) => low,
  pick: (items) => items[0]!,
  shuffled: (items) => [...items],
  fork: () => first,
};
