import { retryDelay } from "./backoff.ts";
import type { Tokens } from "./token.ts";

interface Refresh {
  schedule(expiresAt: string): void;
  stop(): void;
}

/** setTimeout holds 31 bits of milliseconds; a later expiry is looked at again by then. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Hands the server a new token before the present one ends, so that the socket lives on. When that fails until the
 * end, the server closes the socket and the handshake brings a new token: nothing queued is lost either way.
 */
export function keepTokenFresh(
  tokens: Tokens,
  present: (token: string) => Promise<{ expiresAt: string }>,
): Refresh {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let round = 0;

  async function renew(mine: number): Promise<void> {
    try {
      const { expiresAt } = await present(await tokens.renew());
      failures = 0;
      if (mine === round) schedule(expiresAt);
    } catch {
      // Whatever it was, the next try or the handshake meets it again.
      if (mine === round) timer = setTimeout(() => void renew(mine), retryDelay(++failures));
    }
  }

  function schedule(expiresAt: string): void {
    stop();
    const mine = round;
    const left = new Date(expiresAt).getTime() - Date.now();
    if (!Number.isFinite(left)) return;
    // With a fifth of the time left, at least 5 s and at most 60 s before the end; never in a tight loop, even when
    // this machine's clock is wrong.
    const margin = Math.min(60_000, Math.max(5_000, left / 5));
    const wait = Math.max(2_000, left - margin);
    timer = setTimeout(
      () => (wait > maxTimerMs ? schedule(expiresAt) : void renew(mine)),
      Math.min(wait, maxTimerMs),
    );
  }

  function stop(): void {
    round++;
    clearTimeout(timer);
  }

  return { schedule, stop };
}
