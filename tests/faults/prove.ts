import { cp } from "node:fs/promises";
import { join } from "node:path";
import { broken, check, type Verdict } from "./check/checker.ts";
import type { Snapshot } from "./check/snapshot.ts";
import { launchCluster, type TestCluster } from "./cluster/launch.ts";
import { until } from "./cluster/process.ts";
import { type Sample, startScrape } from "./cluster/scrape.ts";
import { createHistory, type History } from "./history.ts";
import type { Arena } from "./inject/arena.ts";
import { type PlannedFault, planFaults } from "./inject/catalogue.ts";
import { breakThings } from "./inject/schedule.ts";
import { startTcpProxy } from "./inject/tcp-proxy.ts";
import { type Fleet, startFleet } from "./load/fleet.ts";
import { populate } from "./load/people.ts";
import { startTelling } from "./load/telling.ts";
import type { ProveOptions } from "./options.ts";
import { becomeQuiet, settledSnapshot } from "./quiet.ts";
import { createRandom, type Random } from "./random.ts";

/** One run: a cluster of its own, clients, faults, a quiet time, and the verdict. */
export interface Proof {
  verdicts: Verdict[];
  broken: Verdict[];
  history: History;
  snapshot: Snapshot;
  /** Sums of the gateways' and workers' counters. */
  counters: Record<string, number>;
  samples: Sample[];
  /** When sending began and ended, on the history's clock. */
  began: number;
  ended: number;
}

export interface Surroundings {
  say: (line: string) => void;
  /** Gives the run up; everything is stopped all the same. */
  signal?: AbortSignal;
  /** Additional environment of the cluster's processes. */
  env?: Record<string, string>;
  /** Done with the cluster before the first client connects. */
  prepare?: (cluster: TestCluster) => Promise<void>;
  patience?: Partial<Patience>;
  /** Of an acked message being changed afterwards, when not the usual. */
  changeChance?: number | undefined;
  /** People talk on until so many messages were acked: on a busy machine seconds alone may hold little. */
  atLeastMessages?: number;
  /** Exactly these faults, all of them, instead of what the seed gives until the time is over. */
  plan?: PlannedFault[];
}

/** Milliseconds. Planted bugs are shown in less time than good behaviour is believed. */
export interface Patience {
  /** Between two faults. */
  gap: [number, number];
  /** How long a fault is followed until everyone is served again. */
  stable: number;
  /** After the load: how long until every device must have everything. */
  quiet: number;
  /** After that: how long the product's client, which waits up to 30 s before it tries again, may still need. */
  comeback: number;
  /**
   * After that: how long until the worker must have finished. A job that its queue lost is repeated after 30 s, and
   * after a minute when it was lost twice.
   */
  settled: number;
}

const usualPatience: Patience = {
  gap: [1_500, 4_000],
  // Longer than any promise: what has not recovered by then never counts as recovered.
  stable: 60_000,
  // The loss of a last message shows within 15 s on a connection that looks healthy; the rest is for the machine.
  quiet: 18_000,
  comeback: 45_000,
  settled: 110_000,
};

type CleanUp = (() => Promise<unknown> | unknown)[];

/** Oftener than usual: a canary that was not acked in time has made a cluster forget itself before. */
const canaries = { CANARY_MS: "1000" };
const longestExtraMs = 60_000;
const peoplePerDevice = 0.8;
const outsiderShare = 0.06;
/** Every so many devices, one dials through the proxy of bad networks. */
const proxiedEvery = 8;

export async function prove(options: ProveOptions, surroundings: Surroundings): Promise<Proof> {
  const { say, signal } = surroundings;
  const patience = { ...usualPatience, ...surroundings.patience };
  const random = createRandom(options.seed);
  const cleanUp: CleanUp = [];
  try {
    const cluster = await launchCluster(options, { ...canaries, ...surroundings.env });
    cleanUp.unshift(() => cluster.stop());
    await surroundings.prepare?.(cluster);
    const proxy = await startTcpProxy(new URL(cluster.url));
    cleanUp.unshift(() => proxy.close());
    const arena: Arena = { cluster, proxy, sleep: (ms) => sleep(ms, signal) };

    const history = createHistory();
    const fleet = await openFleet(options, arena, history, random, surroundings.changeChance, cleanUp);
    cleanUp.unshift(() => fleet.stop());
    const scrape = startScrape(cluster);
    cleanUp.unshift(() => scrape.stop());
    say(`${fleet.devices.length} devices, ${history.members.size} conversations at ${cluster.url}`);

    const began = performance.now();
    fleet.start(options.rate);
    const plan = surroundings.plan ?? planFaults(options.faults, random.fork("faults"));
    await breakThings({
      arena,
      progress: fleet.progress,
      plan,
      all: surroundings.plan !== undefined,
      seconds: options.seconds,
      gap: patience.gap,
      stableWithinMs: patience.stable,
      now: () => performance.now(),
      say,
      record: (fault) => history.faults.push(fault),
    });
    await until(() => ackedOf(history) >= (surroundings.atLeastMessages ?? 0), longestExtraMs);
    fleet.stopSending();
    const ended = performance.now();
    await becomeQuiet(fleet, arena, patience, say);
    await scrape.stop();
    const snapshot = await settledSnapshot(arena, patience.settled);
    const verdicts = check(history, snapshot);
    const repeats = history.told.length - new Set(history.told.map(({ id }) => id)).size;
    say(`${history.told.length} pushes, of which ${repeats} came again under their id`);
    if (options.report && broken(verdicts).length > 0)
      await cp(cluster.logsDir, join(options.report, `prove-${options.seed}-logs`), { recursive: true });
    const counters = scrape.totals();
    const { samples } = scrape;
    return { verdicts, broken: broken(verdicts), history, snapshot, counters, samples, began, ended };
  } finally {
    await doAll(cleanUp);
  }
}

function ackedOf({ sends }: History): number {
  return sends.filter(({ attempts }) => attempts.some(({ outcome }) => outcome === "ok")).length;
}

async function openFleet(
  options: ProveOptions,
  { cluster, proxy, sleep }: Arena,
  history: History,
  random: Random,
  changeChance: number | undefined,
  cleanUp: CleanUp,
): Promise<Fleet> {
  const outsiders = Math.max(2, Math.round(options.clients * outsiderShare));
  const people = Math.round((options.clients - outsiders) * peoplePerDevice);
  const population = await populate(
    cluster.url,
    { people, outsiders, comers: options.comers },
    random.fork("people"),
  );
  history.members = population.members;
  const now = () => performance.now();
  const telling = await startTelling({ url: cluster.url, people: population.people, history, now });
  cleanUp.unshift(() => telling.stop());
  const fleet = startFleet({
    population,
    history,
    random: random.fork("load"),
    now,
    url: cluster.url,
    socketUrl: (device) => (device % proxiedEvery === 0 ? proxy.url : cluster.url),
    devices: options.clients,
    changeChance,
  });
  const giveUpAt = performance.now() + 30_000;
  while (!fleet.devices.every((device) => device.isReady())) {
    if (performance.now() > giveUpAt)
      throw new Error(`not everyone could connect: ${fleet.progress.trouble()}`);
    await sleep(50);
  }
  return fleet;
}

/** Every step, whatever the earlier ones did: a cluster must not outlive its run. */
async function doAll(steps: CleanUp): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const give = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", give);
      resolve();
    }, ms);
    signal?.addEventListener("abort", give, { once: true });
  });
}
