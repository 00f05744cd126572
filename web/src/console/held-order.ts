/** The order in which rows stand on the screen, as ids. */
export interface HeldOrder {
  ids: readonly string[];
  /** How many came in or moved up meanwhile, and show when the order is let go. */
  waiting: number;
}

/**
 * While somebody points at the list its rows stay where they are: nobody shall hit the wrong conversation because
 * another one moved in at that moment. What was scrolled to is added at the end; what has left the list keeps its place
 * until the order is let go.
 *
 * @param shown the order on the screen; @param present the list's true order
 */
export function holdOrder(shown: readonly string[], present: readonly string[]): HeldOrder {
  if (shown.length === 0) return { ids: present, waiting: 0 };
  const isShown = new Set(shown);
  const lastShown = present.findLastIndex((id) => isShown.has(id));
  // Below everything that is on the screen: the next page.
  const below = lastShown < 0 ? [] : present.slice(lastShown + 1);
  const places = new Map(present.map((id, index) => [id, index]));
  const first = shown.find((id) => places.has(id));
  const waiting = first === undefined ? present.length : places.get(first)!;
  return { ids: below.length > 0 ? [...shown, ...below] : shown, waiting };
}
