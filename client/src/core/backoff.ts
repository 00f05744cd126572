export const maxRetryDelayMs = 30_000;
const firstDelayMs = 500;

/**
 * How long to wait before try number `attempt` + 1, in milliseconds: doubling to 30 s, with half of it random so that
 * clients that failed together do not return together. `atLeastMs` is what the server asked for.
 */
export function retryDelay(attempt: number, atLeastMs = 0, random: () => number = Math.random): number {
  const ceiling = Math.min(maxRetryDelayMs, firstDelayMs * 2 ** Math.min(attempt, 10));
  const delay = ceiling / 2 + (ceiling / 2) * random();
  // On top of the server's own figure: it told the same one to everybody it refused.
  return atLeastMs > 0 ? Math.max(delay, atLeastMs + 250 * random()) : delay;
}
