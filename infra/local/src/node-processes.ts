/** The cluster's own processes: their entry points, ports and environments. */
import path from "node:path";
import type { ProcessSpec, Role } from "./child.ts";
import type { Environment, Options } from "./options.ts";
import type { PortBook } from "./ports.ts";
import { httpStatus } from "./probes.ts";

export interface NodeProcess {
  spec: ProcessSpec;
  url: string | null;
  metricsUrl: string;
  port: number | null;
}

export interface ClusterUrls {
  database: string;
  redis: string;
  queueRedis: string;
}

export interface Secrets {
  jwt: string;
  internal: string;
}

const HOST = "127.0.0.1";
/** A gateway sends its clients away at a paced rate first; the others only finish what they began. */
const STOP_WITHIN_MS: Partial<Record<Role, number>> = { gateway: 15_000, api: 10_000, worker: 10_000 };

export interface NodePlan {
  gateways: NodeProcess[];
  apis: NodeProcess[];
  workers: NodeProcess[];
}

export async function planNodes(
  options: Options,
  root: string,
  ports: PortBook,
  urls: ClusterUrls,
  secrets: Secrets,
): Promise<NodePlan> {
  const base = baseEnvironment(options, urls, secrets);
  const withDatabase = { ...base, DATABASE_URL: urls.database };
  const planOne = async (role: "gateway" | "api" | "worker", name: string, env: Environment) => {
    const port = role === "worker" ? null : await ports.assign(name);
    const privatePort = await ports.assign(`${name}-private`);
    return nodeProcess({ role, name, port, privatePort, env, root });
  };
  const apis = [];
  for (const name of numbered("api", options.apis)) {
    const own = { DEMO_ACCOUNTS: options.demo ? "1" : "0", WEB_ROOT: path.join(root, "web/dist") };
    apis.push(await planOne("api", name, { ...demoDirectory(options), ...withDatabase, ...own }));
  }
  const apiUrls = apis.map((api) => new URL(api.metricsUrl).origin).join(",");
  const gateways = [];
  for (const name of numbered("gw", options.gateways)) {
    gateways.push(await planOne("gateway", name, { ...base, API_URLS: apiUrls }));
  }
  const workers = [];
  for (const name of numbered("worker", options.workers))
    workers.push(await planOne("worker", name, withDatabase));
  return { gateways, apis, workers };
}

/** Who has just come to try Parloir has no contacts: the demonstration's people find each other. */
function demoDirectory({ demo }: Options): Environment {
  return demo ? { PEOPLE_DIRECTORY: "everyone" } : {};
}

/** Our defaults, then the user's own variables, then what the launcher alone can know. */
function baseEnvironment(options: Options, urls: ClusterUrls, secrets: Secrets): Environment {
  const { DATABASE_URL: _, ...users } = options.env; // the gateway must not know the database
  return {
    NODE_ENV: "development",
    LOG_LEVEL: "info",
    SERVER_KEY: "dev-server-key",
    // With JWKS_URL set tokens are signed elsewhere, and a second kind of key for one issuer is refused.
    ...(users.JWKS_URL ? {} : { JWT_SECRET: secrets.jwt }),
    INTERNAL_SECRET: secrets.internal,
    PUBLIC_URL: `http://localhost:${options.port}`,
    // Compiled code is kept between starts: a process is up about a third sooner.
    NODE_COMPILE_CACHE: path.join(options.dataDir, "compile-cache"),
    ATTACHMENT_DIR: path.join(options.dataDir, "attachments"),
    ...users,
    HOST,
    REDIS_URL: urls.redis,
    QUEUE_REDIS_URL: urls.queueRedis,
  };
}

interface NodeProcessPlan {
  role: "gateway" | "api" | "worker";
  name: string;
  port: number | null;
  privatePort: number;
  env: Environment;
  root: string;
}

function nodeProcess({ role, name, port, privatePort, env, root }: NodeProcessPlan): NodeProcess {
  const privateUrl = `http://${HOST}:${privatePort}`;
  const { PORT: _, ...rest } = env;
  const own = {
    NODE_NAME: name,
    PRIVATE_PORT: String(privatePort),
    ...(port === null ? {} : { PORT: String(port) }),
  };
  const spec: ProcessSpec = {
    name,
    role,
    command: process.execPath,
    args: [path.join(root, role, "src/main.ts")],
    env: { ...rest, ...own },
    cwd: root,
    ready: async () => (await httpStatus(`${privateUrl}/readyz`)) === 200,
    stop: [{ signal: "SIGTERM", ms: STOP_WITHIN_MS[role] ?? 10_000 }],
  };
  const url = port === null ? null : `http://${HOST}:${port}`;
  return { spec, url, metricsUrl: `${privateUrl}/metrics`, port };
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}
