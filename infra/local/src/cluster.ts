/** The cluster on this machine, from nothing to a page that answers, and back. */
import os from "node:os";
import path from "node:path";
import type { HaproxyConfig, Target } from "../../haproxy/config.ts";
import { lastingSecret } from "./files.ts";
import { adminSocketIn, maxConnections, prepareHaproxy } from "./haproxy.ts";
import { type Instance, openInstance } from "./instance.ts";
import { type NodePlan, type NodeProcess, planNodes, type Secrets } from "./node-processes.ts";
import type { Options } from "./options.ts";
import type { Output } from "./output.ts";
import { openPortBook, type PortBook } from "./ports.ts";
import { httpStatus } from "./probes.ts";
import { locateProgram, type Program, type ProgramKind } from "./programs.ts";
import { Roster } from "./roster.ts";
import { endRuns, runOrThrow } from "./run.ts";
import { postgresServer, redisServers, type Server } from "./servers.ts";
import { buildWeb } from "./web-build.ts";

export interface Cluster {
  /** Settles when everything serves; rejects when it cannot, with nothing left running after `stop()`. */
  started: Promise<{ url: string; clusterFile: string }>;
  /** Ends everything in order. Answers with the names of processes that had to be killed. */
  stop(): Promise<string[]>;
  /** Ends everything at once. */
  kill(): void;
}

interface Context {
  options: Options;
  output: Output;
  root: string;
  instance: Instance;
  ports: PortBook;
  roster: Roster;
}

export function startCluster(options: Options, output: Output, root: string): Cluster {
  let context: Context | null = null;
  let stopping = false;
  const start = async () => {
    context = await openContext(options, output, root);
    if (stopping) throw new Error("The cluster is being stopped");
    return bringUp(context);
  };
  const started = start();
  const stop = async () => {
    stopping = true;
    endRuns();
    await context?.roster.stop();
    await started.catch(() => undefined); // whoever awaits the start sees its error
    const forced = (await context?.roster.stop()) ?? [];
    context?.instance.release();
    return forced;
  };
  return { started, stop, kill: () => context?.roster.kill() };
}

async function openContext(options: Options, output: Output, root: string): Promise<Context> {
  const instance = await openInstance(options.dataDir, options.port);
  if (instance.leftovers.length > 0) {
    const names = instance.leftovers.join(", ");
    output.notice(`Ended what a killed launcher had left running: ${names}`, { event: "leftovers", names });
  }
  const ports = await openPortBook(path.join(instance.dir, "ports.json"));
  const roster = new Roster(instance, output, publicUrl(options));
  return { options, output, root, instance, ports, roster };
}

async function bringUp(context: Context) {
  const { options, output, root, instance, ports, roster } = context;
  const [database, redis, haproxy] = await allOrNone([
    startDatabase(context),
    startRedis(context),
    locate(context, "haproxy"),
    buildPages(context),
  ]);
  const urls = { database: database.url, redis: redis.rooms.url, queueRedis: redis.queues.url };
  const nodes = await planNodes(options, root, ports, urls, await readSecrets(instance));
  await ports.save();
  await output.step(
    () => startNodes(roster, nodes),
    () =>
      `${count(nodes.gateways, "gateway")}, ${count(nodes.apis, "api")}, ${count(nodes.workers, "worker")} ready`,
  );
  await output.step(
    () => startBalancer(context, nodes, haproxy),
    () => `HAProxy ${haproxy.version} ready`,
  );
  await roster.publish();
  return { url: publicUrl(options), clusterFile: instance.clusterFile };
}

async function startDatabase(context: Context): Promise<Server> {
  const { options, output, root, instance, ports, roster } = context;
  const server = await output.step(
    async () => {
      const postgres = await postgresServer(options, instance.dir, ports);
      await runServer(roster, postgres);
      return postgres;
    },
    ({ title }) => `${title} ready`,
  );
  const migrate = [path.join(root, "store/src/main.ts"), "migrate"];
  const env = { ...options.env, DATABASE_URL: server.url };
  await output.step(
    () => runOrThrow("Migrating the database", process.execPath, migrate, { cwd: root, env }),
    () => "Database migrated",
  );
  return server;
}

function startRedis(context: Context) {
  const { options, output, instance, ports, roster } = context;
  return output.step(
    async () => {
      const servers = await redisServers(options, instance.dir, ports, () => locate(context, "redis-server"));
      await Promise.all(
        [...new Set([servers.rooms, servers.queues])].map((server) => runServer(roster, server)),
      );
      return servers;
    },
    ({ rooms, queues }) => `${[...new Set([rooms.title, queues.title])].join(", ")} ready`,
  );
}

async function runServer(roster: Roster, { name, role, url, spec }: Server): Promise<void> {
  if (spec === null) roster.addGiven({ name, role, url, metricsUrl: null });
  else await roster.run(spec, { url, metricsUrl: null });
}

function buildPages({ options, output, root }: Context) {
  const said = { built: "Pages built", unchanged: "Pages unchanged", "no pages": "No pages to build" };
  return output.step(
    () => buildWeb(root, options.env),
    (result) => said[result],
  );
}

async function startNodes(roster: Roster, { apis, gateways, workers }: NodePlan): Promise<void> {
  const all = [...apis, ...gateways, ...workers];
  await Promise.all(all.map(({ spec, url, metricsUrl }) => roster.run(spec, { url, metricsUrl })));
}

async function startBalancer(context: Context, nodes: NodePlan, program: Program): Promise<void> {
  const { options, instance, roster } = context;
  const local = `http://127.0.0.1:${options.port}`;
  const config: HaproxyConfig = {
    mode: "local",
    bind: [`127.0.0.1:${options.port}`, ...(hasIpv6Loopback() ? [`[::1]:${options.port}`] : [])],
    gateways: nodes.gateways.map(target),
    apis: nodes.apis.map(target),
    maxconn: maxConnections(),
    adminSocket: adminSocketIn(instance.dir),
  };
  const { spec } = await prepareHaproxy({ dir: instance.dir, config, url: local, program });
  await roster.run(spec, { url: publicUrl(options), metricsUrl: null });
  // Its checks begin now: wait until a page and a handshake reach a server that answers.
  await answers(`${local}/livez`);
  await answers(`${local}/socket.io/?EIO=4&transport=polling`);
}

const ANSWERS_WITHIN_MS = 15_000;

async function answers(url: string): Promise<void> {
  const deadline = Date.now() + ANSWERS_WITHIN_MS;
  for (;;) {
    const status = await httpStatus(url);
    if (status !== null && status < 502) return;
    if (Date.now() > deadline) throw new Error(`${url} answers ${status ?? "nothing"} through the balancer`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * As Promise.all, but the first failure ends what runs for the others, and it rejects only when nothing is
 * under way any more: what was begun can then be stopped.
 */
async function allOrNone<T extends readonly Promise<unknown>[]>(
  work: [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const all = Promise.all(work);
  all.catch(endRuns);
  await Promise.allSettled(work);
  return (await all) as { -readonly [K in keyof T]: Awaited<T[K]> };
}

async function readSecrets(instance: Instance): Promise<Secrets> {
  const [jwt, internal] = await Promise.all(
    ["jwt-secret", "internal-secret"].map((name) => lastingSecret(path.join(instance.dir, name))),
  );
  return { jwt: jwt ?? "", internal: internal ?? "" };
}

function target({ spec, port }: NodeProcess): Target {
  return { name: spec.name, host: "127.0.0.1", port: port ?? 0 };
}

function count(processes: readonly unknown[], noun: string): string {
  return `${processes.length} ${noun}${processes.length === 1 ? "" : "s"}`;
}

function hasIpv6Loopback(): boolean {
  return Object.values(os.networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
}

function publicUrl(options: Options): string {
  return `http://localhost:${options.port}`;
}

function locate({ options, output }: Context, kind: ProgramKind): Promise<Program> {
  const announce = (text: string) => output.notice(text, { event: "notice" });
  return locateProgram(kind, path.join(options.dataDir, "packages"), announce);
}
