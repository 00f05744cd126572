/**
 * A latency histogram of constant relative error, in the manner of HdrHistogram: whole microseconds, 128 buckets
 * per doubling, so a figure read back is at most 0.8 % above the true one. Recording is one array increment, which
 * the generator can afford for every message, and two histograms add up exactly, unlike percentiles.
 */
const bucketsPerDoubling = 128;
const exactBits = 7;
/** 2^31 µs, some 35 minutes: a longer wait than any run. */
const largest = 2 ** 31 - 1;
const bucketCount = (31 - exactBits) * bucketsPerDoubling + 2 * bucketsPerDoubling;

/** What crosses the process border: [bucket, count] of the buckets that are not empty. */
export interface HistogramState {
  buckets: [number, number][];
  maxMicros: number;
}

export interface Summary {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export class Histogram {
  readonly #counts = new Float64Array(bucketCount);
  #total = 0;
  #max = 0;

  get count(): number {
    return this.#total;
  }

  recordMs(milliseconds: number): void {
    const micros = Math.min(largest, Math.max(0, Math.round(milliseconds * 1_000)));
    const bucket = bucketOf(micros);
    this.#counts[bucket] = this.#counts[bucket]! + 1;
    this.#total += 1;
    if (micros > this.#max) this.#max = micros;
  }

  /** The value in milliseconds that `percent` of the records do not exceed; NaN when there are none. */
  percentileMs(percent: number): number {
    if (this.#total === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return Math.min(highestIn(bucket), this.#max) / 1_000;
    }
    return this.#max / 1_000;
  }

  summary(): Summary {
    return {
      count: this.#total,
      p50: this.percentileMs(50),
      p95: this.percentileMs(95),
      p99: this.percentileMs(99),
      max: this.#total === 0 ? Number.NaN : this.#max / 1_000,
    };
  }

  state(): HistogramState {
    const buckets: [number, number][] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) buckets.push([bucket, count]);
    });
    return { buckets, maxMicros: this.#max };
  }

  add(state: HistogramState): void {
    for (const [bucket, count] of state.buckets) {
      this.#counts[bucket] = this.#counts[bucket]! + count;
      this.#total += count;
    }
    this.#max = Math.max(this.#max, state.maxMicros);
  }
}

function bucketOf(micros: number): number {
  const shift = 31 - Math.clz32(micros) - exactBits;
  return shift <= 0 ? micros : shift * bucketsPerDoubling + (micros >>> shift);
}

function highestIn(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / bucketsPerDoubling) - 1);
  return (bucket - shift * bucketsPerDoubling + 1) * 2 ** shift - 1;
}
