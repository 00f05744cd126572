import { sumOf } from "./load/result.ts";
import type { Measurement } from "./measure.ts";
import { summariesOf } from "./measure.ts";

/** Several windows of one target as one: histograms added, CPU weighted by messages, the larger memory. */
export function combine(measurements: readonly Measurement[]): Measurement {
  return measurements.reduce((left, right): Measurement => {
    const result = sumOf(left.result, right.result);
    const weighted = (a: number, b: number) =>
      (a * left.result.acksSinceWindow + b * right.result.acksSinceWindow) / result.acksSinceWindow;
    const windowSeconds = left.windowSeconds + right.windowSeconds;
    return {
      target: left.target,
      ratePerSecond: left.ratePerSecond,
      result,
      windowSeconds,
      achievedPerSecond: result.acksInWindow / windowSeconds,
      ...summariesOf(result),
      processes: left.processes.map((process, index) => ({
        name: process.name,
        cpuMicrosPerMessage: weighted(
          process.cpuMicrosPerMessage,
          right.processes[index]!.cpuMicrosPerMessage,
        ),
        residentMegabytes: Math.max(process.residentMegabytes, right.processes[index]!.residentMegabytes),
      })),
      cpuMicrosPerMessage: weighted(left.cpuMicrosPerMessage, right.cpuMicrosPerMessage),
      generatorMicrosPerMessage: weighted(left.generatorMicrosPerMessage, right.generatorMicrosPerMessage),
      tailSeconds: Math.max(left.tailSeconds, right.tailSeconds),
      otherCores:
        (left.otherCores * left.windowSeconds + right.otherCores * right.windowSeconds) / windowSeconds,
      reconnected: left.reconnected + right.reconnected,
    };
  });
}

/** Ours divided by the reference: below 1 is better, except for the sustained rate. */
export interface Ratios {
  ackP50: number;
  ackP99: number;
  deliveryP50: number;
  deliveryP99: number;
  cpuPerMessage: number;
  residentMegabytes: number;
  rate: number;
}

export function ratiosOf(ours: Measurement, reference: Measurement): Ratios {
  return {
    ackP50: ours.ack.p50 / reference.ack.p50,
    ackP99: ours.ack.p99 / reference.ack.p99,
    deliveryP50: ours.delivery.p50 / reference.delivery.p50,
    deliveryP99: ours.delivery.p99 / reference.delivery.p99,
    cpuPerMessage: ours.cpuMicrosPerMessage / reference.cpuMicrosPerMessage,
    residentMegabytes: residentOf(ours) / residentOf(reference),
    rate: ours.ratePerSecond / reference.ratePerSecond,
  };
}

export function residentOf(measurement: Measurement): number {
  return measurement.processes.reduce((sum, process) => sum + process.residentMegabytes, 0);
}
