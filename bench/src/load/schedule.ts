/**
 * Who sends when, decided before the run. An open loop: arrivals know nothing of acks, so a stalled server still
 * gets its load and each message's wait is counted from when it was due (no coordinated omission).
 */
export interface Schedule {
  /** Milliseconds from the start of the run, ascending. */
  dueMs: Float64Array;
  /** Which of the `senders` sends it. */
  sender: Uint32Array;
}

export interface ScheduleOptions {
  seed: number;
  ratePerSecond: number;
  durationMs: number;
  senders: number;
}

export function poissonSchedule(options: ScheduleOptions): Schedule {
  const random = randomFrom(options.seed);
  const meanGapMs = 1_000 / options.ratePerSecond;
  const due: number[] = [];
  // 1 - random() lies in (0, 1]: the logarithm is finite.
  for (
    let at = -Math.log(1 - random()) * meanGapMs;
    at < options.durationMs;
    at += -Math.log(1 - random()) * meanGapMs
  ) {
    due.push(at);
  }
  return {
    dueMs: Float64Array.from(due),
    sender: Uint32Array.from(due, () => Math.floor(random() * options.senders)),
  };
}

/** mulberry32: 32 bits of state are plenty for arrival times, and a seed repeats a run. Values in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
