import { Histogram } from "../load/histogram.ts";
import { randomFrom } from "../load/schedule.ts";
import { UsageError } from "../options.ts";
import { readCluster } from "../targets/ours.ts";
import { ask } from "../targets/people.ts";
import { cpuMs } from "./cpu.ts";
import { type Kind, kindsOf } from "./kinds.ts";
import { parseArchiveOptions, searchUsage } from "./options.ts";

/** Accepted by a development cluster only. */
const serverKey = "dev-server-key";

async function main(): Promise<void> {
  const options = parseArchiveOptions(process.argv.slice(2));
  if (options.help) return console.log(searchUsage);
  const { url, processes } = readCluster(options.clusterFile);
  const pids = processes
    .filter(({ role }) => role === "api" || role === "postgres" || role === "balancer")
    .flatMap(({ pid }) => pid ?? []);
  const tokens = new Map<string, string>();
  const tokenOf = async (userId: string) => {
    const known = tokens.get(userId);
    if (known !== undefined) return known;
    const made = (await ask("POST", `${url}/api/tokens`, serverKey, { userId })) as { token: string };
    tokens.set(userId, made.token);
    return made.token;
  };
  console.log(`${"ms".padEnd(44)}    p50    p95    p99    max | CPU p50    p95    p99 |  found`);
  for (const kind of kindsOf(options, randomFrom(options.seed + 2)))
    console.log(await lineOf(kind, { url, pids, tokenOf, requests: options.requests }));
}

interface Target {
  url: string;
  /** Of api, Postgres and balancer. */
  pids: number[];
  tokenOf: (userId: string) => Promise<string>;
  requests: number;
}

async function lineOf(kind: Kind, { url, pids, tokenOf, requests }: Target): Promise<string> {
  const times = new Histogram();
  const cpu = new Histogram();
  let found = 0;
  for (let request = 0; request < requests; request += 1) {
    const { userId, path, pages = 1 } = kind.next();
    const token = await tokenOf(userId);
    let cursor: string | null = null;
    for (let page = 0; page < pages; page += 1) {
      const cpuBefore = cpuMs(pids);
      const startedAt = performance.now();
      const answer = await read(`${url}${path}${cursor === null ? "" : `&cursor=${cursor}`}`, token);
      times.recordMs(performance.now() - startedAt);
      cpu.recordMs(cpuMs(pids) - cpuBefore);
      found += answer.items.length;
      cursor = answer.nextCursor;
      if (cursor === null) break;
    }
  }
  const wall = times.summary();
  const own = cpu.summary();
  const columns = (figures: number[]) => figures.map((figure) => figure.toFixed(1).padStart(7)).join("");
  return [
    kind.name.padEnd(44) + columns([wall.p50, wall.p95, wall.p99, wall.max]),
    columns([own.p50, own.p95, own.p99]).padStart(23),
    (found / wall.count).toFixed(1).padStart(7),
  ].join(" |");
}

async function read(url: string, token: string): Promise<{ items: unknown[]; nextCursor: string | null }> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const answer = (await response.json()) as { data?: { items: unknown[]; nextCursor: string | null } };
  if (!answer.data) throw new Error(`${url}: ${response.status} ${JSON.stringify(answer)}`);
  return answer.data;
}

main().catch((error: Error) => {
  console.error(error instanceof UsageError ? error.message : error);
  process.exit(1);
});
