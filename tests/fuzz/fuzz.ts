import { launchCluster, type TestCluster } from "../faults/cluster/launch.ts";
import { createRandom } from "../faults/random.ts";
import { startBystanders } from "./bystanders.ts";
import { type MemoryWatch, watchMemory } from "./memory.ts";
import type { FuzzOptions } from "./options.ts";
import { createCommandSurface } from "./surfaces/commands.ts";
import { createFrameSurface } from "./surfaces/frames.ts";
import { createHttpSurface } from "./surfaces/http.ts";
import { createRestSurface } from "./surfaces/rest.ts";
import type { CreateSurface, Outcome, SurfaceName } from "./surfaces/surface.ts";
import { type Cast, castPeople, type Target } from "./target.ts";

/**
 * Sends a cluster what no client would, through its balancer, and holds the answers against the contract: each is
 * coded, none shows its insides, no process ends, memory does not grow, and two bystanders notice nothing.
 */
export interface FuzzReport {
  /** Per surface, how many of each kind of answer. */
  answers: Record<string, Record<string, number>>;
  findings: string[];
  memory: ReturnType<MemoryWatch["figures"]>;
}

const surfaces: Record<SurfaceName, CreateSurface> = {
  rest: createRestSurface,
  commands: createCommandSurface,
  frames: createFrameSurface,
  http: createHttpSurface,
};
const watched = new Set(["gateway", "api", "worker", "balancer", "postgres", "redis"]);
const sampleEveryMs = 5_000;
/** A case may end its people: revoked, erased, demoted. */
const castEvery = 150;
const mostFindings = 20;
const lanesPerSurface = 2;

export async function fuzz(options: FuzzOptions, say: (line: string) => void): Promise<FuzzReport> {
  const cluster = await launchCluster({ gateways: 2, apis: 1, workers: 1 });
  try {
    return await (options.only ? sendOne(options, options.only, cluster, say) : run(options, cluster, say));
  } finally {
    await cluster.stop();
  }
}

async function run(
  options: FuzzOptions,
  cluster: TestCluster,
  say: (line: string) => void,
): Promise<FuzzReport> {
  const before = cluster.processes();
  const memory = watchMemory(
    before.flatMap(({ name, role, pid }) =>
      pid !== null && ["gateway", "api", "worker"].includes(role) ? [{ name, pid }] : [],
    ),
  );
  const bystanders = await startBystanders(cluster.url);
  const sampling = setInterval(memory.sample, sampleEveryMs);
  const report: FuzzReport = { answers: {}, findings: [], memory: [] };
  const found = (finding: string) => {
    report.findings.push(finding);
    say(finding);
  };
  const until = performance.now() + options.seconds * 1_000;
  const lanes = options.surfaces.flatMap((name) =>
    Array.from({ length: lanesPerSurface }, (_, lane) =>
      fire({ name, lane, seed: options.seed, url: cluster.url, until, report, found }),
    ),
  );
  await Promise.all(lanes);
  clearInterval(sampling);
  for (const complaint of await bystanders.stop()) found(complaint);
  for (const { name, role, pid } of before) {
    if (!watched.has(role)) continue;
    if (cluster.find(name).pid !== pid) found(`${name} ended: ${cluster.lastLines().slice(-5).join(" | ")}`);
  }
  for (const complaint of memory.judge()) found(complaint);
  return { ...report, memory: options.seconds * 1_000 > 4 * sampleEveryMs ? memory.figures() : [] };
}

interface Lane {
  name: SurfaceName;
  lane: number;
  seed: number;
  url: string;
  until: number;
  report: FuzzReport;
  found: (finding: string) => void;
}

/** One case after another; lanes share the numbers among them, so that a number names a case of the seed. */
async function fire({ name, lane, seed, url, until, report, found }: Lane): Promise<void> {
  const target = await aimAt(url, `${name}.${lane}`);
  const surface = await surfaces[name](target);
  for (let turn = 0; performance.now() < until && report.findings.length < mostFindings; turn++) {
    const number = turn * lanesPerSurface + lane;
    if (turn > 0 && turn % castEvery === 0) await target.recast();
    const outcome = await surface.run(createRandom(seed).fork(`${name} ${number}`)).catch(
      (error: Error): Outcome => ({
        sent: "",
        answer: "",
        kind: "threw",
        finding: `threw ${error.message}`,
      }),
    );
    count(report, name, outcome.kind);
    if (outcome.finding) found(`--seed ${seed} --case ${name}:${number}: ${describe(outcome)}`);
  }
  surface.close();
}

function count({ answers }: FuzzReport, surface: SurfaceName, kind: string): void {
  answers[surface] ??= {};
  answers[surface][kind] = (answers[surface][kind] ?? 0) + 1;
}

async function aimAt(url: string, lane: string): Promise<Target & { recast: () => Promise<void> }> {
  let generation = 0;
  let cast: Cast = await castPeople(url, `${lane}.${generation}`);
  return {
    url,
    cast: () => cast,
    async recast() {
      generation += 1;
      cast = await castPeople(url, `${lane}.${generation}`);
    },
  };
}

async function sendOne(
  { seed }: FuzzOptions,
  { surface: name, number }: NonNullable<FuzzOptions["only"]>,
  cluster: TestCluster,
  say: (line: string) => void,
): Promise<FuzzReport> {
  const surface = await surfaces[name](await aimAt(cluster.url, `${name}.${number % lanesPerSurface}`));
  const outcome = await surface.run(createRandom(seed).fork(`${name} ${number}`));
  surface.close();
  say(`sent:   ${outcome.sent}\nanswer: ${outcome.answer}`);
  return {
    answers: { [name]: { [outcome.kind]: 1 } },
    findings: outcome.finding ? [outcome.finding] : [],
    memory: [],
  };
}

function describe({ finding, sent, answer }: Outcome): string {
  return `${finding}\n  sent   ${JSON.stringify(sent.slice(0, 400))}\n  answer ${JSON.stringify(answer.slice(0, 400))}`;
}
