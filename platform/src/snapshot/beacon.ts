import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Harm, type NodeRole, type NodeSnapshot, snapshotMs } from "@parloir/contracts/cluster.ts";
import { historyStepSeconds } from "@parloir/contracts/cluster-history.ts";
import { answerFlights, type FlightRecorder } from "../flights.ts";
import type { Health } from "../health.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { RedisClient } from "../redis.ts";
import { postSnapshot, removeSnapshot, takeDrainWish, takeHarm } from "./board.ts";
import { countsOf, figuresOf, metricsOf, recentOf } from "./figures.ts";
import { measureRoundTrips } from "./round-trips.ts";
import { createMetricsWindow } from "./window.ts";

/** Posts this process's snapshot every two seconds, and hears whether an admin wants it to drain. */
export interface Beacon {
  /** Takes the snapshot away: this process ended in order. */
  stop: () => Promise<void>;
}

/** The monitor's own period, which its values include. */
const resolutionMs = 20;
/** Snapshots in a step of the history. */
const stepTicks = (historyStepSeconds * 1_000) / snapshotMs;
const nanosecondsPerSecond = 1e9;
const microsecondsPerSecond = 1e6;

export function startBeacon(options: {
  name: string;
  role: NodeRole;
  redis: RedisClient;
  health: Health;
  metrics: Metrics;
  log: Log;
  /** A question about nothing for each store besides the Redis for rooms: how long it takes is a figure. */
  stores?: Record<string, () => Promise<unknown>>;
  /** Every snapshot, also one that cannot be posted. */
  onTaken?: (snapshot: NodeSnapshot) => void;
  /** Where other processes reach it, if they do. */
  address?: string;
  /** What it remembers of messages, for admins who ask. */
  flights?: FlightRecorder;
  /** What the chaos panel wants; without it, as in production, nothing is taken from there. */
  onHarm?: (harm: Harm) => void;
  /** An admin's wish; without it this process takes none. */
  onDrain?: () => void;
}): Beacon {
  const { name, role, redis, health, log } = options;
  const stores = { redis: () => redis.ping(), ...options.stores };
  const window = createMetricsWindow(options.metrics, metricsOf[role], stepTicks);
  const lag = monitorEventLoopDelay({ resolution: resolutionMs });
  lag.enable();
  const startedAt = new Date(Date.now() - process.uptime() * 1_000).toISOString();
  let cpuBefore = process.cpuUsage();
  /** Of the last step, oldest first. */
  let loads: Load[] = [];
  let posting = Promise.resolve();
  let busy = false;
  let stopped = false;
  const timer = setInterval(tick, snapshotMs);
  timer.unref();
  tick();

  function tick(): void {
    // A Redis that hangs is asked once at a time.
    if (busy || stopped) return;
    busy = true;
    posting = post()
      .catch((error: unknown) => log.debug({ err: error }, "a snapshot was not posted"))
      .finally(() => {
        busy = false;
      });
  }

  async function post(): Promise<void> {
    const snapshot = await take();
    if (stopped) return;
    options.onTaken?.(snapshot);
    await postSnapshot(redis, snapshot);
    if (options.flights) await answerFlights(redis, name, options.flights);
    const harm = options.onHarm ? await takeHarm(redis, name) : null;
    if (harm !== null) options.onHarm?.(harm);
    if (options.onDrain && (await takeDrainWish(redis, name))) options.onDrain();
  }

  async function take(): Promise<NodeSnapshot> {
    // Together: each waits a second for a store that hangs, and a snapshot that is late looks like a silent process.
    const [roundTrips, { status, checks }] = await Promise.all([
      measureRoundTrips(stores, options.metrics),
      health.report(),
    ]);
    const windowSeconds = await window.tick();
    const load = loadOf(windowSeconds);
    loads = [...loads, load].slice(-stepTicks);
    return {
      name,
      role,
      state: status,
      checks,
      roundTrips,
      pid: process.pid,
      ...(options.address === undefined ? {} : { address: options.address }),
      startedAt,
      at: new Date().toISOString(),
      windowSeconds,
      cpu: load.cpuSeconds / windowSeconds,
      memoryBytes: process.memoryUsage.rss(),
      eventLoopLagSeconds: load.lagSeconds,
      counts: countsOf(role, window),
      recent: { ...recentOf(role, window, stepTicks), ...recentLoad(loads) },
      ...figuresOf(role, window),
    };
  }

  function loadOf(windowSeconds: number): Load {
    const used = process.cpuUsage(cpuBefore);
    cpuBefore = process.cpuUsage();
    const lagSeconds = Math.max(0, lag.percentile(99) / nanosecondsPerSecond - resolutionMs / 1_000);
    lag.reset();
    return { windowSeconds, cpuSeconds: (used.user + used.system) / microsecondsPerSecond, lagSeconds };
  }

  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      lag.disable();
      await posting;
      await removeSnapshot(redis, name).catch((error: unknown) =>
        log.debug({ err: error }, "a snapshot was not taken away"),
      );
    },
  };
}

interface Load {
  windowSeconds: number;
  cpuSeconds: number;
  lagSeconds: number;
}

function recentLoad(loads: readonly Load[]): { cpu: number; eventLoopLagSeconds: number } {
  const sum = (read: (load: Load) => number) => loads.reduce((total, load) => total + read(load), 0);
  return {
    cpu: sum(({ cpuSeconds }) => cpuSeconds) / sum(({ windowSeconds }) => windowSeconds),
    eventLoopLagSeconds: Math.max(...loads.map(({ lagSeconds }) => lagSeconds)),
  };
}
