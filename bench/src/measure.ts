import type { Fleet } from "./load/fleet.ts";
import type { Summary } from "./load/histogram.ts";
import { Histogram } from "./load/histogram.ts";
import type { RunResult } from "./load/result.ts";
import type { RunPlan } from "./load/run.ts";
import { cpuSecondsOf, machineCpuSeconds, residentMegabytes } from "./proc.ts";
import type { Target } from "./targets/target.ts";

export interface ProcessFigures {
  name: string;
  cpuMicrosPerMessage: number;
  residentMegabytes: number;
}

export interface Measurement {
  target: Target["name"];
  ratePerSecond: number;
  windowSeconds: number;
  result: RunResult;
  /** Acks that arrived in the window, per second. */
  achievedPerSecond: number;
  ack: Summary;
  delivery: Summary;
  lateness: Summary;
  processes: ProcessFigures[];
  cpuMicrosPerMessage: number;
  /** How long the servers went on working after the window: work that was put off is counted all the same. */
  tailSeconds: number;
  generatorMicrosPerMessage: number;
  /** Cores that were busy in the window with neither the target nor the generator. */
  otherCores: number;
  /** Sockets that had to be opened again before this run. */
  reconnected: number;
}

export interface Load {
  ratePerSecond: number;
  windowSeconds: number;
  warmUpSeconds: number;
  contentLength: number;
  seed: number;
  run: number;
}

/** Time for every generator to build its schedule before the first message is due. */
const leadMs = 400;
const drainMs = 10_000;
const tailStepMs = 300;
const longestTailMs = 30_000;
/** CPU cores' worth of work below which a target counts as quiet. */
const quietCores = 0.1;

/**
 * One window of load on one target. CPU is counted from the start of the window until the target is quiet again and
 * divided by the messages acked in that time, so queues that are emptied later are paid for.
 */
export async function measure(target: Target, fleet: Fleet, load: Load): Promise<Measurement> {
  const reconnected = await fleet.connect();
  const plan: RunPlan = {
    run: load.run,
    startAt: Date.now() + leadMs,
    warmUpMs: load.warmUpSeconds * 1_000,
    windowMs: load.windowSeconds * 1_000,
    drainMs,
    contentLength: load.contentLength,
  };
  const processes = target.processes();
  const pids = processes.map((process) => process.pid);
  const running = fleet.run(plan, load.seed, load.ratePerSecond);
  const windowStart = plan.startAt + plan.warmUpMs;
  await Promise.race([until(windowStart), running]);
  const before = cpuSecondsOf([...pids, ...fleet.pids]);
  const othersBefore = machineCpuSeconds() - sum(before);
  await Promise.race([until(windowStart + plan.windowMs), running]);
  const othersAfter = machineCpuSeconds() - sum(cpuSecondsOf([...pids, ...fleet.pids]));
  const resident = pids.map(residentMegabytes);
  const result = await running;
  await quiet(pids);
  const after = cpuSecondsOf([...pids, ...fleet.pids]);
  const micros = after.map((seconds, index) => ((seconds - before[index]!) * 1e6) / result.acksSinceWindow);
  const replaced = target.processes().some((process, index) => process.pid !== pids[index]);
  if (replaced)
    throw new Error(`${target.name}: a process was replaced during the run, its CPU is not known`);
  return {
    ...figuresOf(target.name, load, result),
    processes: processes.map(({ name }, index) => ({
      name,
      cpuMicrosPerMessage: micros[index]!,
      residentMegabytes: resident[index]!,
    })),
    cpuMicrosPerMessage: sum(micros.slice(0, pids.length)),
    generatorMicrosPerMessage: sum(micros.slice(pids.length)),
    tailSeconds: (Date.now() - windowStart - plan.windowMs - tailStepMs) / 1_000,
    otherCores: Math.max(0, othersAfter - othersBefore) / load.windowSeconds,
    reconnected,
  };
}

function figuresOf(target: Target["name"], load: Load, result: RunResult) {
  return {
    target,
    ratePerSecond: load.ratePerSecond,
    windowSeconds: load.windowSeconds,
    result,
    achievedPerSecond: result.acksInWindow / load.windowSeconds,
    ...summariesOf(result),
  };
}

export function summariesOf(result: RunResult) {
  return {
    ack: summaryOf(result.ack),
    delivery: summaryOf(result.delivery),
    lateness: summaryOf(result.lateness),
  };
}

function summaryOf(state: RunResult["ack"]): Summary {
  const histogram = new Histogram();
  histogram.add(state);
  return histogram.summary();
}

/** Waits until the processes have used next to nothing for a moment. */
async function quiet(pids: number[]): Promise<void> {
  const giveUpAt = Date.now() + longestTailMs;
  let last = sum(cpuSecondsOf(pids));
  while (Date.now() < giveUpAt) {
    await until(Date.now() + tailStepMs);
    const now = sum(cpuSecondsOf(pids));
    if (now - last < (quietCores * tailStepMs) / 1_000) return;
    last = now;
  }
}

function until(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, time - Date.now())));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
