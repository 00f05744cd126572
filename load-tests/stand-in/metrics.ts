/** `k6/metrics`: see run.ts. */
import { declare, record } from "./recorded.ts";

type Tags = Record<string, string>;
const metricOf = (type: "trend" | "counter" | "rate") =>
  class {
    readonly #name: string;
    constructor(name: string) {
      this.#name = name;
      declare(name, type);
    }
    add(value: number | boolean, tags?: Tags): void {
      record(this.#name, Number(value), tags);
    }
  };

export const Trend = metricOf("trend");
export const Counter = metricOf("counter");
export const Rate = metricOf("rate");
