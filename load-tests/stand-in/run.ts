/**
 * `node load-tests/stand-in/run.ts SCENARIO` runs a scenario in Node, with stand-ins for the modules of k6 that it
 * imports. k6 is a program of its own which a test cannot install, and a script that nobody ran is a script with
 * mistakes. What this shows: the script itself, what it says to the cluster, its metrics and its report. What it does
 * not: k6's own engine, its scheduling and its figures. Measure with k6.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import type { SummaryData } from "../report/result.ts";
import { aborted, scenario, test, vu } from "./execution.ts";
import { isEveryThresholdHeld, nameScenario, record, summaryOf } from "./recorded.ts";

interface Executor {
  executor: string;
  vus?: number;
  rate?: number;
  duration?: string;
  preAllocatedVUs?: number;
}

interface Script {
  options: { scenarios: Record<string, Executor>; thresholds?: Record<string, unknown[]> };
  setup?: () => Promise<unknown>;
  default: (data: unknown) => Promise<void>;
  handleSummary: (data: SummaryData) => Record<string, string>;
}

registerHooks({
  resolve(specifier, context, next) {
    const [, module = "k6"] = /^k6(?:\/(.+))?$/.exec(specifier) ?? [null, null];
    if (module === null) return next(specifier, context);
    return next(new URL(`${module}.ts`, import.meta.url).href, context);
  },
});
Object.assign(globalThis, {
  // As in k6, a frozen object of strings.
  __ENV: Object.freeze({ ...process.env }),
  open: (file: string) => readFileSync(new URL(file), "utf8"),
});

const file = new URL(`../scenarios/${process.argv[2]}.ts`, import.meta.url);
/** Each VU has a copy of the script, with variables of its own. */
const load = (id: number) => import(`${file.href}?vu=${id}`) as Promise<Script>;

/** As k6 exits. */
const exits = { thresholds: 99, exception: 107, aborted: 108 };

const script = await load(0);
const [[name, executor]] = Object.entries(script.options.scenarios) as [[string, Executor]];
nameScenario(name);
test.options = script.options;
const began = performance.now();
const failure = await main();
const summary = summaryOf(script.options, performance.now() - began);
for (const [target, text] of Object.entries(script.handleSummary(summary)))
  if (target === "stdout") process.stdout.write(text);
  else writeFileSync(target, text);
process.exit(failure ?? (isEveryThresholdHeld(summary) ? 0 : exits.thresholds));

/** Null when the scenario ran to its end, whatever it measured. */
async function main(): Promise<number | null> {
  const work = begin().then(
    () => null,
    (error: unknown) => {
      log(error);
      return exits.exception;
    },
  );
  const ended = aborted.then((reason) => {
    log(`test aborted: ${reason}`);
    return exits.aborted;
  });
  return Promise.race([work, ended]);
}

async function begin(): Promise<void> {
  const data = JSON.parse(JSON.stringify((await script.setup?.()) ?? null)) as unknown;
  scenario.startTime = Date.now();
  await (executor.executor === "per-vu-iterations" ? eachOnce(executor, data) : atRate(executor, data));
}

function log(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
}

/** What an iteration throws is only logged. */
async function iterate(copy: Script, id: number, iteration: number, data: unknown): Promise<void> {
  vu.idInTest = id;
  scenario.iterationInTest = iteration;
  try {
    await copy.default(data);
  } catch (error) {
    log(error);
  }
}

async function eachOnce({ vus = 1 }: Executor, data: unknown): Promise<void> {
  const copies = await Promise.all(Array.from({ length: vus }, (_, index) => load(index + 1)));
  await Promise.all(copies.map((copy, index) => iterate(copy, index + 1, index, data)));
}

async function atRate({ rate = 1, duration = "1s", preAllocatedVUs = 1 }: Executor, data: unknown) {
  const free: { copy: Script; id: number }[] = [];
  for (let id = 1; id <= preAllocatedVUs; id++) free.push({ copy: await load(id), id });
  scenario.startTime = Date.now();
  const running: Promise<void>[] = [];
  const total = Math.round(rate * Number.parseFloat(duration));
  for (let iteration = 0; iteration < total; iteration++) {
    const due = scenario.startTime + (iteration * 1_000) / rate;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
    const next = free.shift();
    if (!next) record("dropped_iterations", 1);
    else running.push(iterate(next.copy, next.id, iteration, data).finally(() => free.push(next)));
  }
  await Promise.all(running);
}
