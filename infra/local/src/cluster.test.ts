import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster } from "./cluster.ts";
import type { ClusterDescription } from "./cluster-file.ts";
import { parseOptions } from "./options.ts";
import type { Event, Output } from "./output.ts";
import { freePort } from "./ports.ts";
import { processIdentity } from "./proc.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary.ts";

/** What the launcher asks of a process, and no more. */
const STAND_IN = `
import http from "node:http";
const { PORT, PRIVATE_PORT, HOST } = process.env;
const answer = (_, response) => response.end(JSON.stringify(process.env));
if (PORT) http.createServer(answer).listen(PORT, HOST);
http.createServer(answer).listen(PRIVATE_PORT, HOST);
`;

let folder: TemporaryFolder;
let root: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  root = path.join(folder.dir, "checkout");
  for (const role of ["gateway", "api", "worker", "store"]) {
    await mkdir(path.join(root, role, "src"), { recursive: true });
    await writeFile(path.join(root, role, "src/main.ts"), role === "store" ? "" : STAND_IN);
  }
  await writeFile(path.join(root, "package.json"), '{"type": "module"}');
});
afterAll(() => folder.remove());

/** Says nothing, and lets a test wait for an event. */
function quietOutput() {
  const events = new EventEmitter();
  const output: Output = {
    step: (work) => work(),
    notice: (_, event: Event) => void events.emit(event.event, event),
    problem: () => undefined,
    log: () => undefined,
  };
  return { output, events };
}

function optionsFor(port: number, data: string) {
  const argv = ["--port", String(port), "--data", path.join(folder.dir, data)];
  return parseOptions(argv, { LIMIT_SENDS_PER_SECOND: "0", PORT: "1" }, root);
}

function read(clusterFile: string): ClusterDescription {
  return JSON.parse(readFileSync(clusterFile, "utf8")) as ClusterDescription;
}

const alive = (pids: number[]) => pids.filter((pid) => processIdentity(pid) !== null);

describe("startCluster", { timeout: 120_000 }, () => {
  it("lists real processes, replaces a killed one alone, and leaves nothing behind", async () => {
    const { output, events } = quietOutput();
    const cluster = startCluster(optionsFor(await freePort(), "one"), output, root);
    const { url, clusterFile } = await cluster.started;
    const before = read(clusterFile);
    expect(before.url).toBe(url);
    const roles = "balancer gateway gateway api worker postgres redis redis".split(" ");
    expect(before.processes.map(({ role }) => role)).toEqual(roles);
    const pids = before.processes.map(({ pid }) => pid ?? 0);
    expect(alive(pids)).toEqual(pids);

    const back = once(events, "back") as Promise<[{ pid: number }]>;
    const gateway = before.processes.find(({ name }) => name === "gw2");
    process.kill(gateway?.pid ?? 0, "SIGKILL");
    const [{ pid: replacement }] = await back;
    const expected = before.processes.map((each) =>
      each.name === "gw2" ? { ...each, pid: replacement } : each,
    );
    expect(read(clusterFile).processes).toEqual(expected);

    expect(await cluster.stop()).toEqual([]);
    expect(alive([...pids, replacement])).toEqual([]);
    expect(existsSync(clusterFile)).toBe(false);
  });

  it("gives each process what it may know", async () => {
    const { output } = quietOutput();
    const cluster = startCluster(optionsFor(await freePort(), "env"), output, root);
    const { processes } = read((await cluster.started).clusterFile);
    const environment = async (name: string) => {
      const { metricsUrl } = processes.find((each) => each.name === name) ?? {};
      return (await (await fetch(metricsUrl ?? "")).json()) as Record<string, string>;
    };
    const [gateway, api, worker] = await Promise.all(["gw1", "api1", "worker1"].map(environment));
    await cluster.stop();
    expect(gateway).toMatchObject({
      NODE_NAME: "gw1",
      LIMIT_SENDS_PER_SECOND: "0",
      NODE_ENV: expect.any(String),
    });
    expect(gateway).not.toHaveProperty("DATABASE_URL");
    expect(api).toMatchObject({ DEMO_ACCOUNTS: "1", WEB_ROOT: path.join(root, "web/dist") });
    expect(gateway?.API_URLS).toBe(`http://127.0.0.1:${api?.PRIVATE_PORT}`);
    expect(gateway?.JWT_SECRET).toBe(api?.JWT_SECRET);
    expect(worker?.DATABASE_URL).toBe(processes.find(({ role }) => role === "postgres")?.url);
    expect(worker).not.toHaveProperty("PORT");
    expect(worker?.QUEUE_REDIS_URL).not.toBe(worker?.REDIS_URL);
  });

  it("recovers from a launcher killed by SIGKILL, with the same ports and data", async () => {
    const port = await freePort();
    const options = optionsFor(port, "killed");
    const script = path.join(folder.dir, "launcher.ts");
    const source = `
      import { startCluster } from ${JSON.stringify(path.join(import.meta.dirname, "cluster.ts"))};
      const quiet = { step: (work) => work(), notice() {}, problem() {}, log() {} };
      await startCluster(${JSON.stringify(options)}, quiet, ${JSON.stringify(root)}).started;
      console.log("up");`;
    await writeFile(script, source);
    const launcher = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(launcher.stdout, "data");
    const orphans = read(path.join(options.dataDir, "cluster.json")).processes;
    launcher.kill("SIGKILL");
    await once(launcher, "exit");
    expect(alive(orphans.map(({ pid }) => pid ?? 0))).toHaveLength(orphans.length);

    const { output } = quietOutput();
    const cluster = startCluster(options, output, root);
    const { processes } = read((await cluster.started).clusterFile);
    await cluster.stop();
    expect(alive(orphans.map(({ pid }) => pid ?? 0))).toEqual([]);
    expect(processes.map(({ url }) => url)).toEqual(orphans.map(({ url }) => url));
  });

  it("can be stopped while it starts", async () => {
    const options = optionsFor(await freePort(), "early");
    const cluster = startCluster(options, quietOutput().output, root);
    const outcome = cluster.started.then(
      () => "started",
      () => "given up",
    );
    await cluster.stop();
    expect(await outcome).toBe("given up");
    expect(existsSync(path.join(options.dataDir, "launcher.lock"))).toBe(false);
  });

  it("refuses a taken port and names who holds it", async () => {
    const port = await freePort();
    const holder = startCluster(optionsFor(port, "holder"), quietOutput().output, root);
    await holder.started;
    const second = startCluster(optionsFor(port, "second"), quietOutput().output, root);
    await expect(second.started).rejects.toThrow(new RegExp(`Port ${port} is held by haproxy \\(pid \\d+`));
    await second.stop();
    await holder.stop();
  });
});
