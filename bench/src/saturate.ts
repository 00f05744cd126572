import type { Measurement } from "./measure.ts";

/** A rate is sustained when 99 of 100 acks come within half a second, the rate is reached, and nothing is lost. */
export const longestAckP99Ms = 500;
export const leastAchieved = 0.98;

export function isSustained(measurement: Measurement): boolean {
  const { result, ack } = measurement;
  const achieved = result.acksInWindow / result.offered;
  const flawless = Object.keys(result.errors).length === 0 && result.lost === 0;
  return ack.p99 <= longestAckP99Ms && achieved >= leastAchieved && flawless;
}

/** A failed step with more than this much of the machine busy elsewhere says nothing and is repeated. */
const disturbingCores = 0.25;
const mostRepeats = 4;

/**
 * Looks for the highest sustained rate of one target, one step at a time so that the steps of two targets can
 * alternate. A rate that fails is tried once more (a neighbour on the machine may have been busy); after the second
 * failure one rate halfway back (geometrically) is tried, which brings the answer within a root of the factor.
 */
export class Search {
  #next: number;
  #stage: "climb" | "retry" | "refine" | "done" = "climb";
  readonly #factor: number;
  #repeats = 0;
  readonly steps: Measurement[] = [];
  best: Measurement | undefined;

  constructor(firstRate: number, factor: number) {
    this.#next = firstRate;
    this.#factor = factor;
  }

  /** The rate to try, or undefined at the end. */
  get nextRate(): number | undefined {
    return this.#stage === "done" ? undefined : Math.round(this.#next);
  }

  learn(measurement: Measurement): void {
    this.steps.push(measurement);
    const sustained = isSustained(measurement);
    if (sustained && measurement.ratePerSecond > (this.best?.ratePerSecond ?? 0)) this.best = measurement;
    if (!sustained && measurement.otherCores > disturbingCores && this.#repeats < mostRepeats) {
      this.#repeats += 1;
      return;
    }
    this.#repeats = 0;
    if (this.#stage === "refine") this.#stage = "done";
    else if (sustained) {
      this.#stage = "climb";
      this.#next *= this.#factor;
    } else if (this.#stage === "climb") this.#stage = "retry";
    else {
      this.#stage = this.best ? "refine" : "done";
      this.#next /= Math.sqrt(this.#factor);
    }
  }
}
