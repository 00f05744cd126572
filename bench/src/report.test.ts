import { expect, test } from "vitest";
import { combine, ratiosOf } from "./combine.ts";
import { Histogram } from "./load/histogram.ts";
import type { Measurement } from "./measure.ts";
import { summariesOf } from "./measure.ts";
import { cpuTable, latencyTable, ratioLine, table } from "./report.ts";

function measured(
  target: Measurement["target"],
  latencyMs: number,
  acks: number,
  micros: number,
): Measurement {
  const histogram = new Histogram();
  for (let index = 0; index < acks; index += 1) histogram.recordMs(latencyMs);
  const state = histogram.state();
  const result = {
    ...{ offered: acks, acked: acks, errors: {}, delivered: acks, lost: 0, repeated: 0, overtaken: 0 },
    ...{ acksInWindow: acks, acksSinceWindow: acks, ack: state, delivery: state, lateness: state },
  };
  return {
    ...{ target, ratePerSecond: 100, windowSeconds: 10, achievedPerSecond: acks / 10, result },
    ...summariesOf(result),
    processes: [{ name: "gw1", cpuMicrosPerMessage: micros, residentMegabytes: 80 }],
    ...{
      cpuMicrosPerMessage: micros,
      tailSeconds: 0,
      generatorMicrosPerMessage: 50,
      otherCores: 0,
      reconnected: 0,
    },
  };
}

test("two windows combine by their messages, not by their number", () => {
  const both = combine([measured("ours", 10, 3_000, 100), measured("ours", 30, 1_000, 500)]);
  expect(both.cpuMicrosPerMessage).toBe(200);
  expect(both.processes[0]!.cpuMicrosPerMessage).toBe(200);
  expect(both.achievedPerSecond).toBe(200);
  expect(both.ack.p50).toBeCloseTo(10, 0);
  expect(both.ack.p99).toBeCloseTo(30, 0);
});

test("ratios are ours over the reference, and both appear in the tables", () => {
  const results = { ours: measured("ours", 10, 100, 200), reference: measured("reference", 20, 100, 800) };
  const ratios = ratiosOf(results.ours, results.reference);
  expect(ratios.cpuPerMessage).toBe(0.25);
  expect(ratios.ackP99).toBeCloseTo(0.5, 2);
  expect(ratioLine(results)).toContain("CPU per message 0.25");
  expect(latencyTable(results)).toMatch(/ours +10\.0 +100\/100/);
  expect(cpuTable(results)).toMatch(/total +800 +80/);
  expect(ratioLine({ ours: results.ours })).toBe("");
});

test("columns line up", () => {
  expect(
    table([
      ["a", "long"],
      ["longer", "1"],
    ]),
  ).toBe("a       long\nlonger     1");
});
