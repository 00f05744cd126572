const longestMs = 4 * 3_600_000;

/**
 * How long until the next attempt: twice as long with each, of which a random part of up to half is left out, so that
 * what failed together does not come back together.
 * @param attempts made so far, at least one
 * @param random in [0, 1)
 */
export function backoffMs(firstMs: number, attempts: number, random = Math.random()): number {
  const full = Math.min(firstMs * 2 ** (attempts - 1), longestMs);
  return full * (1 - random / 2);
}
