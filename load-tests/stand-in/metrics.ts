/** `k6/metrics`: see run.ts. */
import { record } from "./recorded.ts";

type Tags = Record<string, string>;
const metricOf = (type: "trend" | "counter" | "rate") =>
  class {
    readonly #name: string;
    constructor(name: string) {
      this.#name = name;
    }
    add(value: number | boolean, tags?: Tags): void {
      record(this.#name, type, Number(value), tags);
    }
  };

export const Trend = metricOf("trend");
export const Counter = metricOf("counter");
export const Rate = metricOf("rate");
