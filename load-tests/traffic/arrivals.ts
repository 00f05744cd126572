export interface Stage {
  seconds: number;
  /** Arrivals per second, over the whole run. */
  rate: number;
  /** What a threshold can ask for: before, during and after a spike. */
  phase: string;
}

export interface Arrival {
  /** Milliseconds from the start. */
  dueMs: number;
  phase: string;
}

/**
 * When each send is due, as a Poisson process drawn before the run: an open loop. Whoever is slow still gets the load,
 * and a latency counts from when its send was due, not from when a stalled generator came round to it.
 */
export function* arrivals(stages: readonly Stage[], share: number, random: () => number): Generator<Arrival> {
  let startMs = 0;
  for (const { seconds, rate, phase } of stages) {
    const endMs = startMs + seconds * 1_000;
    const meanGapMs = 1_000 / (rate * share);
    let dueMs = startMs + gap(meanGapMs, random);
    while (dueMs < endMs) {
      yield { dueMs, phase };
      dueMs += gap(meanGapMs, random);
    }
    startMs = endMs;
  }
}

/** 1 − random() lies in (0, 1], so that the logarithm is finite. A rate of 0 waits for ever. */
const gap = (meanMs: number, random: () => number) => -Math.log(1 - random()) * meanMs;
