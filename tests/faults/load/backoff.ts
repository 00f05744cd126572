/**
 * Full jitter from 200 ms up to 5 s, for ever. The product's own client waits up to 30 s; here the servers' return is
 * measured, and a client that sleeps through it would hide it.
 */
const firstMs = 200;
const longestMs = 5_000;

export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(longestMs, firstMs * 2 ** Math.min(failures, 10));
}
