import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { snapshotMs } from "@parloir/contracts/cluster.ts";
import { commandSchemas } from "@parloir/contracts/commands.ts";
import { createMetrics } from "@parloir/platform/metrics.ts";
import { figuresOf, metricsOf } from "@parloir/platform/snapshot/figures.ts";
import { levelsOf } from "@parloir/platform/snapshot/levels.ts";
import { createMetricsWindow } from "@parloir/platform/snapshot/window.ts";
import type { Stage } from "../../../tests/browser/stage.ts";
import type { TeamOptions } from "./options.ts";

/** Shares of one core that the gateway of the page used: with the page closed, and open. */
export interface MetricsCost {
  gateway: string;
  closed: number[];
  open: number[];
}

/** In turns, so that what disturbs the machine for a minute disturbs both. */
export async function measureMetricsPage(stage: Stage, options: TeamOptions): Promise<MetricsCost> {
  const sam = await stage.visitor();
  await sam.page.goto(`${stage.url}/admin/metrics`);
  await sam.page.locator('[data-demo-account="demo-sam"]').click();
  const cost: MetricsCost = { gateway: "", closed: [], open: [] };
  for (let round = 0; round < options.rounds; round += 1) {
    await sam.page.goto(`${stage.url}/admin/metrics`);
    const gateway = await sam.online();
    await sam.page.locator(`[data-testid="node-${gateway}"]`).waitFor();
    cost.open.push(await shareOf(stage, gateway, options.seconds));
    await sam.page.goto("about:blank");
    cost.closed.push(await shareOf(stage, gateway, options.seconds));
    cost.gateway = gateway;
  }
  await sam.page.context().close();
  return cost;
}

/**
 * Share of one core that taking a snapshot every two seconds costs a gateway: paid also while nobody looks, so no
 * difference shows it. Without the way to Redis, which is one more command among a beat's.
 */
export async function snapshotShare(): Promise<number> {
  const metrics = createMetrics("gateway", "bench");
  for (const event of Object.keys(commandSchemas))
    for (const outcome of ["ok", "INVALID", "NOT_FOUND", "RATE_LIMITED"])
      metrics.get("parloir_commands_total").inc({ event, outcome });
  for (const histogram of ["parloir_ack_seconds", "parloir_delivery_seconds"] as const)
    for (let n = 1; n <= 1_000; n++) metrics.get(histogram).observe(n / 1_000);
  const window = createMetricsWindow(metrics, metricsOf.gateway);
  const takeOne = async () => {
    await window.tick();
    JSON.stringify({ ...figuresOf("gateway", window), levels: levelsOf(metricsOf.gateway, window) });
  };
  for (let n = 0; n < snapshots; n++) await takeOne();
  const before = process.cpuUsage();
  for (let n = 0; n < snapshots; n++) await takeOne();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / snapshots / 1_000 / snapshotMs;
}

const snapshots = 500;

/** What comes and goes with the page's connection itself is over by then. */
const settlingMs = 3_000;

async function shareOf(stage: Stage, name: string, seconds: number): Promise<number> {
  const { pid } = stage.processes().find((each) => each.name === name)!;
  await setTimeout(settlingMs);
  const [began, before] = [performance.now(), cpuNanoseconds(pid!)];
  await setTimeout(1_000 * seconds);
  return (cpuNanoseconds(pid!) - before) / 1e6 / (performance.now() - began);
}

/** Of all threads. `/proc/<pid>/stat` counts in hundredths of a second, which is what there is to measure. */
function cpuNanoseconds(pid: number): number {
  const threads = `/proc/${pid}/task`;
  return readdirSync(threads)
    .map((thread) => Number(readFileSync(`${threads}/${thread}/schedstat`, "utf8").split(" ")[0]))
    .reduce((sum, nanoseconds) => sum + nanoseconds, 0);
}
