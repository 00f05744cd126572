import { describe, expect, it } from "vitest";
import { createMetrics } from "../metrics.ts";
import { createMetricsWindow, quantile } from "./window.ts";

describe("quantile", () => {
  const bounds = [0.1, 0.5, 1, Number.POSITIVE_INFINITY];

  it.each([
    ["in the middle of a bucket, on a line through it", 0.5, [0, 10, 10, 10], 0.3],
    ["at a bucket's end", 1, [4, 10, 10, 10], 0.5],
    ["in the first bucket, from 0 on", 0.25, [10, 10, 10, 10], 0.025],
    ["beyond every bound, as the last bound", 0.99, [0, 0, 1, 10], 1],
  ])("%s", (_, share, counts, value) => {
    expect(quantile(share, bounds, counts)).toBeCloseTo(value, 10);
  });
});

describe("a window", () => {
  const metrics = createMetrics("gateway", "test");
  const commands = metrics.get("parloir_commands_total");
  const ack = metrics.get("parloir_ack_seconds");

  it("holds what happened between two ticks, and nothing of before", async () => {
    const window = createMetricsWindow(metrics, ["parloir_commands_total", "parloir_ack_seconds"]);
    commands.inc({ event: "send_message", outcome: "ok" }, 1_000);
    ack.observe(9);
    await window.tick();
    commands.inc({ event: "send_message", outcome: "ok" }, 30);
    commands.inc({ event: "send_message", outcome: "UNAVAILABLE" }, 10);
    commands.inc({ event: "heartbeat", outcome: "ok" }, 5);
    for (let n = 0; n < 100; n++) ack.observe(0.004);
    const seconds = await window.tick();

    const count = (labels: Record<string, string | string[]>) =>
      window.rate("parloir_commands_total", labels) * seconds;
    expect(count({ event: "send_message", outcome: "ok" })).toBeCloseTo(30, 6);
    expect(count({ event: "send_message", outcome: ["UNAVAILABLE", "INTERNAL"] })).toBeCloseTo(10, 6);
    expect(count({ event: "send_message" })).toBeCloseTo(40, 6);
    expect(window.value("parloir_commands_total", { event: "send_message", outcome: "ok" })).toBe(1_030);
    expect(window.rate("parloir_ack_seconds") * seconds).toBeCloseTo(100, 6);
    expect(window.mean("parloir_ack_seconds")).toBeCloseTo(0.004, 10);
    const found = window.quantiles("parloir_ack_seconds")!;
    expect(found.n).toBe(100);
    // 4 ms lies between the bounds 2.5 and 5 ms.
    expect(found.p99).toBeGreaterThan(0.002_5);
    expect(found.p99).toBeLessThanOrEqual(0.005);

    expect(window.total("parloir_ack_seconds")).toBe(101);
    expect(window.within("parloir_ack_seconds", 0.005)).toBe(100);

    await window.tick();
    expect(window.quantiles("parloir_ack_seconds")).toBeNull();
    expect(window.mean("parloir_ack_seconds")).toBeNull();
    expect(window.rate("parloir_commands_total")).toBe(0);
  });

  it("reaches over several ticks where it is asked to, and no further back", async () => {
    const fresh = createMetrics("gateway", "test");
    const window = createMetricsWindow(fresh, ["parloir_ack_seconds"], 3);
    const observed = async () => {
      await window.tick();
      return window.quantiles("parloir_ack_seconds", 3)?.n ?? 0;
    };
    const found: number[] = [];
    for (const n of [1, 10, 100, 1_000, 0, 0, 0]) {
      for (let i = 0; i < n; i++) fresh.get("parloir_ack_seconds").observe(0.004);
      found.push(await observed());
    }
    expect(found).toEqual([1, 11, 111, 1_110, 1_100, 1_000, 0]);
  });
});
