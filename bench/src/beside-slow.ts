import { combine } from "./combine.ts";
import type { Pair } from "./load/generator.ts";
import { startSlowReader } from "./load/slow-reader.ts";
import type { Measurement } from "./measure.ts";
import { stepLine, table } from "./report.ts";

/**
 * What those who read notice of those who do not: windows in turns, alone and beside devices of the same people that
 * stop reading. Enough must be sent to fill the kernel's buffers (some megabytes each) before the window begins, or
 * nothing is cut.
 */
export async function besideSlowReaders(options: {
  pairs: Pair[];
  readers: number;
  rounds: number;
  measure: () => Promise<Measurement>;
}): Promise<void> {
  const alone: Measurement[] = [];
  const beside: Measurement[] = [];
  let cuts = 0;
  for (let round = 0; round < options.rounds; round += 1) {
    alone.push(await options.measure());
    console.log(stepLine(alone.at(-1)!));
    const readers = Array.from({ length: options.readers }, (_, n) =>
      startSlowReader(options.pairs[n % options.pairs.length]!.people[n % 2]!),
    );
    try {
      beside.push(await options.measure());
      console.log(`${stepLine(beside.at(-1)!)}  beside ${options.readers} slow readers`);
    } finally {
      for (const reader of readers) reader.stop();
      cuts += readers.reduce((sum, reader) => sum + reader.cuts(), 0);
    }
  }
  const rows = [alone, beside].map((windows, n) => {
    const { ack, delivery, result } = combine(windows);
    const figures = [ack, delivery].flatMap(({ p50, p99 }) => [p50.toFixed(1), p99.toFixed(1)]);
    return [n === 0 ? "alone" : "beside slow readers", String(result.lost), ...figures];
  });
  console.log(`\n${table([["ms", "lost", "ack p50", "p99", "delivery p50", "p99"], ...rows])}`);
  console.log(`slow readers were cut ${cuts} times`);
}
