/**
 * `node load-tests/stand-in/run.ts SCENARIO` runs a scenario in Node, with stand-ins for the modules of k6 that it
 * imports. k6 is a program of its own which a test cannot install, and a script that nobody ran is a script with
 * mistakes. What this shows: the script itself, what it says to the cluster, its metrics and its report. What it does
 * not: k6's own engine, its scheduling and its figures. Measure with k6.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { scenario, vu } from "./execution.ts";
import { nameScenario, record, summaryOf } from "./recorded.ts";

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
  handleSummary: (data: unknown) => Record<string, string>;
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

const script = await load(0);
const [[name, executor]] = Object.entries(script.options.scenarios) as [[string, Executor]];
nameScenario(name);
const data = JSON.parse(JSON.stringify((await script.setup?.()) ?? null)) as unknown;
const began = performance.now();
scenario.startTime = Date.now();
await (executor.executor === "per-vu-iterations" ? eachOnce(executor) : atRate(executor));
const summary = script.handleSummary(summaryOf(script.options, performance.now() - began));
for (const [target, text] of Object.entries(summary))
  if (target === "stdout") process.stdout.write(text);
  else writeFileSync(target, text);

function iterate(copy: Script, id: number, iteration: number): Promise<void> {
  vu.idInTest = id;
  scenario.iterationInTest = iteration;
  return copy.default(data);
}

async function eachOnce({ vus = 1 }: Executor): Promise<void> {
  const copies = await Promise.all(Array.from({ length: vus }, (_, index) => load(index + 1)));
  await Promise.all(copies.map((copy, index) => iterate(copy, index + 1, index)));
}

async function atRate({ rate = 1, duration = "1s", preAllocatedVUs = 1 }: Executor): Promise<void> {
  const free: { copy: Script; id: number }[] = [];
  for (let id = 1; id <= preAllocatedVUs; id++) free.push({ copy: await load(id), id });
  scenario.startTime = Date.now();
  const running: Promise<void>[] = [];
  const total = Math.round(rate * Number.parseFloat(duration));
  for (let iteration = 0; iteration < total; iteration++) {
    const due = scenario.startTime + (iteration * 1_000) / rate;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
    const next = free.shift();
    if (!next) record("dropped_iterations", "counter", 1);
    else running.push(iterate(next.copy, next.id, iteration).finally(() => free.push(next)));
  }
  await Promise.all(running);
}
