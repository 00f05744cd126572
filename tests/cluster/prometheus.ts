import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { freePort } from "@parloir/local/ports.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { runUnsupervised } from "@parloir/local/unsupervised.ts";
import type { Node } from "./nodes.ts";

/** A real Prometheus with the rules that we ship, which scrapes these processes every second. */
export interface Prometheus {
  /** The finite values that an expression has now, one a series. @throws when Prometheus refuses it */
  ask: (expression: string) => Promise<number[]>;
  stop: () => Promise<void>;
}

const rules = path.resolve(import.meta.dirname, "../../infra/prometheus/rules/parloir.yml");

/** @param jobs the processes by the names of their jobs in infra/prometheus/prometheus.yml */
export async function startPrometheus(jobs: Record<string, Node[]>): Promise<Prometheus> {
  const folder = await temporaryFolder();
  const servers: Server[] = [];
  const scrapes: object[] = [];
  for (const [job, nodes] of Object.entries(jobs)) {
    const targets: string[] = [];
    for (const node of nodes) targets.push(await serve(node, servers));
    scrapes.push({ job_name: job, static_configs: [{ targets }] });
  }
  const config = path.join(folder.dir, "prometheus.yml");
  // JSON is YAML.
  const global = { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" };
  await writeFile(config, JSON.stringify({ global, rule_files: [rules], scrape_configs: scrapes }));
  await mkdir(path.join(folder.dir, "data"));
  const prepare = async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(folder.dir, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const spec = {
      name: "prometheus",
      role: "balancer",
      command: "prometheus",
      args,
      env: { PATH: process.env.PATH ?? "" },
      cwd: folder.dir,
      ready: async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok ?? false,
      stop: [{ signal: "SIGTERM", ms: 10_000 }],
    } as const;
    return { spec, url };
  };
  const server = await runUnsupervised(folder.dir, prepare, true);

  return {
    async ask(expression) {
      const body = new URLSearchParams({ query: expression });
      const answer = await fetch(`${server.url}/api/v1/query`, { method: "POST", body });
      const { data, error } = (await answer.json()) as {
        data?: { result: { value: [number, string] }[] };
        error?: string;
      };
      if (!data) throw new Error(`${expression}: ${error}`);
      return data.result.map(({ value }) => Number(value[1])).filter(Number.isFinite);
    },
    async stop() {
      await server.stop();
      for (const each of servers) each.close();
      await folder.remove();
    },
  };
}

/** What the process's private port serves at /metrics. */
async function serve({ metrics }: Node, servers: Server[]): Promise<string> {
  const server = createServer(async (_request, response) => {
    response.setHeader("content-type", metrics.registry.contentType);
    response.end(await metrics.registry.metrics());
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
