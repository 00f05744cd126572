import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { besideSlowReaders } from "./beside-slow.ts";
import { combine, ratiosOf } from "./combine.ts";
import type { Fleet } from "./load/fleet.ts";
import { startFleet } from "./load/fleet.ts";
import type { Measurement } from "./measure.ts";
import { measure } from "./measure.ts";
import type { Options } from "./options.ts";
import { parseOptions, UsageError, usage } from "./options.ts";
import { profileNodes } from "./profile.ts";
import type { Results } from "./report.ts";
import { cpuTable, latencyTable, ratioLine, stepLine } from "./report.ts";
import { Search } from "./saturate.ts";
import { startOurs } from "./targets/ours.ts";
import { startReference } from "./targets/reference.ts";
import type { Target } from "./targets/target.ts";
import { lagLines, readWorkers } from "./worker-lag.ts";

interface Side {
  target: Target;
  fleet: Fleet;
}

/** Runs number messages, so that a late one of an earlier run is never taken for one of the present run. */
let runs = 0;

async function measureOnce(options: Options, side: Side, ratePerSecond: number): Promise<Measurement> {
  runs += 1;
  const { seconds: windowSeconds, warmUpSeconds, contentLength } = options;
  const load = {
    ratePerSecond,
    windowSeconds,
    warmUpSeconds,
    contentLength,
    run: runs,
    seed: options.seed + 1_000 * runs,
  };
  const { profileDir } = options;
  if (profileDir === undefined) return measure(side.target, side.fleet, load);
  const [measurement, tops] = await Promise.all([
    measure(side.target, side.fleet, load),
    profileNodes(side.target, warmUpSeconds + windowSeconds, profileDir),
  ]);
  console.log(`${tops}\n`);
  return measurement;
}

/** Each target in turn, several times over: what disturbs the machine for a minute disturbs both. */
async function fixedRate(
  options: Options,
  sides: Side[],
): Promise<{ results: Results; windows: Measurement[] }> {
  const windows: Measurement[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    for (const side of sides) {
      windows.push(await measureOnce(options, side, options.rate));
      console.log(stepLine(windows.at(-1)!));
    }
  }
  const results: Results = {};
  for (const { target } of sides) {
    results[target.name] = combine(windows.filter((window) => window.target === target.name));
  }
  return { results, windows };
}

async function saturation(
  options: Options,
  sides: Side[],
): Promise<{ results: Results; windows: Measurement[] }> {
  const searches = sides.map((side) => ({ side, search: new Search(options.rate, options.factor) }));
  const windows: Measurement[] = [];
  while (searches.some(({ search }) => search.nextRate !== undefined)) {
    for (const { side, search } of searches) {
      if (search.nextRate === undefined) continue;
      const measurement = await measureOnce(options, side, search.nextRate);
      console.log(stepLine(measurement));
      search.learn(measurement);
      windows.push(measurement);
    }
  }
  const results: Results = {};
  for (const { side, search } of searches) {
    if (search.best) results[side.target.name] = search.best;
  }
  return { results, windows };
}

async function startSides(options: Options, undo: (() => unknown)[]): Promise<Side[]> {
  const sides: Side[] = [];
  for (const name of options.targets) {
    console.log(`starting ${name} …`);
    const target = await (name === "ours" ? startOurs(options) : startReference(options));
    undo.push(() => target.stop());
    const fleet = await startFleet(options.generators, target.pairs);
    undo.push(() => fleet.stop());
    sides.push({ target, fleet });
  }
  return sides;
}

function print(options: Options, results: Results): void {
  if (options.saturate) console.log("\nAt the highest sustained rate of each:");
  console.log(`\n${latencyTable(results)}\n\n${cpuTable(results)}\n\n${ratioLine(results)}`);
}

function writeJson(options: Options, results: Results, windows: Measurement[]): void {
  if (options.jsonFile === undefined) return;
  const { env: _secret, ...settings } = options;
  const machine = { cpus: availableParallelism(), model: cpus()[0]?.model, node: process.version };
  const { ours, reference } = results;
  const ratios = ours && reference ? ratiosOf(ours, reference) : null;
  writeFileSync(
    options.jsonFile,
    `${JSON.stringify({ machine, settings, ratios, results, windows }, null, 2)}\n`,
  );
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  const undo: (() => unknown)[] = [];
  const stopAll = async () => {
    while (undo.length > 0) await undo.pop()!();
  };
  process.once("SIGINT", () => stopAll().finally(() => process.exit(130)));
  process.once("SIGTERM", () => stopAll().finally(() => process.exit(143)));
  try {
    const sides = await startSides(options, undo);
    if (options.slowReaders > 0) {
      const side = sides[0]!;
      await besideSlowReaders({
        pairs: side.target.pairs,
        readers: options.slowReaders,
        rounds: options.rounds,
        measure: () => measureOnce(options, side, options.rate),
      });
      return;
    }
    const workers = sides.flatMap(({ target }) => target.workerMetrics());
    const before = await readWorkers(workers);
    const { results, windows } = await (options.saturate ? saturation : fixedRate)(options, sides);
    print(options, results);
    if (workers.length > 0) console.log(`\n${lagLines(before, await readWorkers(workers)).join("\n")}`);
    writeJson(options, results, windows);
  } finally {
    await stopAll();
  }
}

main().catch((error: Error) => {
  console.error(error instanceof UsageError ? error.message : error);
  process.exit(1);
});
