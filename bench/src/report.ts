import { ratiosOf, residentOf } from "./combine.ts";
import type { Measurement } from "./measure.ts";
import type { TargetName } from "./options.ts";
import { isSustained } from "./saturate.ts";

/** Tables for people. Milliseconds, microseconds of CPU per acked message, megabytes. */

export type Results = Partial<Record<TargetName, Measurement>>;

export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}

/** One line per step of a search, as it goes. */
export function stepLine(measurement: Measurement): string {
  const { result } = measurement;
  const achieved = ((100 * result.acksInWindow) / result.offered).toFixed(1);
  const trouble = troubleOf(measurement);
  return [
    measurement.target.padEnd(9),
    `${measurement.ratePerSecond.toFixed(0).padStart(6)}/s`,
    `achieved ${achieved.padStart(5)} %`,
    `ack p50 ${ms(measurement.ack.p50)} p99 ${ms(measurement.ack.p99)}`,
    `${micros(measurement.cpuMicrosPerMessage)} µs/message`,
    `generator ${micros(measurement.generatorMicrosPerMessage)}`,
    `others ${measurement.otherCores.toFixed(2)} cores`,
    isSustained(measurement) ? "sustained" : "not sustained",
    ...(trouble === "" ? [] : [trouble]),
  ].join("  ");
}

export function latencyTable(results: Results): string {
  const header = ["", "rate/s", "acked", "ack p50", "p95", "p99", "max", "delivery p50", "p95", "p99", "max"];
  const rows = measurementsOf(results).map((measurement) => {
    const { target, achievedPerSecond, result, ack, delivery } = measurement;
    const latencies = [ack, delivery].flatMap(({ p50, p95, p99, max }) => [p50, p95, p99, max].map(ms));
    return [target, achievedPerSecond.toFixed(1), `${result.acked}/${result.offered}`, ...latencies];
  });
  const notes = measurementsOf(results).map((measurement) => {
    const trouble = troubleOf(measurement);
    const late = `generator late by p50 ${ms(measurement.lateness.p50)} p99 ${ms(measurement.lateness.p99)} ms`;
    return `${measurement.target}: ${trouble === "" ? "nothing lost, refused or repeated" : trouble}; ${late}`;
  });
  return [table([header, ...rows]), ...notes].join("\n");
}

export function cpuTable(results: Results): string {
  return measurementsOf(results)
    .map((measurement) => {
      const rows = measurement.processes.map((process) => [
        process.name,
        micros(process.cpuMicrosPerMessage),
        process.residentMegabytes.toFixed(0),
      ]);
      const total = ["total", micros(measurement.cpuMicrosPerMessage), residentOf(measurement).toFixed(0)];
      const tail = `work went on ${Math.max(0, measurement.tailSeconds).toFixed(1)} s after the window (counted)`;
      const generator = `generator ${micros(measurement.generatorMicrosPerMessage)} µs/message (not counted)`;
      return `${table([[measurement.target, "CPU µs/message", "MB"], ...rows, total])}\n${generator}; ${tail}`;
    })
    .join("\n\n");
}

export function ratioLine({ ours, reference }: Results): string {
  if (!ours || !reference) return "";
  const ratios = ratiosOf(ours, reference);
  const parts = {
    "ack p50": ratios.ackP50,
    "ack p99": ratios.ackP99,
    "delivery p50": ratios.deliveryP50,
    "delivery p99": ratios.deliveryP99,
    "CPU per message": ratios.cpuPerMessage,
    memory: ratios.residentMegabytes,
    ...(ratios.rate === 1 ? {} : { "sustained rate": ratios.rate }),
  };
  return `ours / reference: ${Object.entries(parts)
    .map(([name, value]) => `${name} ${value.toFixed(2)}`)
    .join(", ")}`;
}

function measurementsOf(results: Results): Measurement[] {
  return [results.ours, results.reference].filter((measurement) => measurement !== undefined);
}

function troubleOf({ result, reconnected }: Measurement): string {
  const counts = {
    ...result.errors,
    lost: result.lost,
    repeated: result.repeated,
    overtaken: result.overtaken,
    reconnected,
  };
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

function ms(value: number): string {
  if (Number.isNaN(value)) return "-";
  return value.toFixed(value < 100 ? 1 : 0);
}

function micros(value: number): string {
  return value.toFixed(0);
}
