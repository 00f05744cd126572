/**
 * The conversation behind or before the open one. One that has left the list counts where it stood: who closes one goes
 * on with that which took its place, and not from the top.
 *
 * @param former where the open one stood when it was last in the list; null when it never was
 */
export function neighbour(
  order: readonly string[],
  openId: string | null,
  former: number | null,
  by: 1 | -1,
): string | undefined {
  const at = openId === null ? -1 : order.indexOf(openId);
  if (at >= 0) return order[at + by];
  const wanted = by === 1 ? (former ?? 0) : (former ?? 1) - 1;
  return order[Math.min(Math.max(0, wanted), order.length - 1)];
}
