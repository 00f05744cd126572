/** What the user asked for: flags and environment. The only file of this package that reads process.env. */
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Options {
  help: boolean;
  port: number;
  gateways: number;
  apis: number;
  workers: number;
  demo: boolean;
  json: boolean;
  verbose: boolean;
  color: boolean;
  /** Where data, secrets, logs and cluster.json live. */
  dataDir: string;
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  queueRedisUrl: string | undefined;
  /** The user's own variables; they reach every process and win over our defaults. */
  env: Environment;
}

/** A mistake of the user's: shown as one sentence, without a stack. */
export class UsageError extends Error {}

export const USAGE = `Usage: npm start -- [options]

Starts the whole cluster on this machine and keeps it running until Ctrl-C.

  --port N       port of the balancer (8080)
  --gateways N   gateway processes (2)
  --apis N       api processes (1)
  --workers N    worker processes (1)
  --no-demo      no demo accounts
  --data DIR     where data, logs and cluster.json live (.local, or PARLOIR_LOCAL_DIR)
  --json         one JSON object per line instead of text
  --verbose      show every log line, not only warnings
  --help         this text

DATABASE_URL, REDIS_URL and QUEUE_REDIS_URL name servers of your own; without them private ones are started.
`;

const FLAGS = {
  port: { type: "string" },
  gateways: { type: "string" },
  apis: { type: "string" },
  workers: { type: "string" },
  data: { type: "string" },
  "no-demo": { type: "boolean" },
  json: { type: "boolean" },
  verbose: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

export function parseOptions(argv: readonly string[], env: Environment, root: string): Options {
  refuseFlagsEatenByNpm(env);
  const values = readFlags(argv);
  return {
    help: values.help ?? false,
    port: wholeNumber("--port", values.port, 8080, 1, 65_535),
    gateways: wholeNumber("--gateways", values.gateways, 2, 1, 32),
    apis: wholeNumber("--apis", values.apis, 1, 1, 32),
    workers: wholeNumber("--workers", values.workers, 1, 0, 32),
    demo: !values["no-demo"],
    json: values.json ?? false,
    verbose: values.verbose ?? false,
    color: process.stdout.isTTY === true && !env.NO_COLOR,
    dataDir: path.resolve(values.data ?? present(env.PARLOIR_LOCAL_DIR) ?? path.join(root, ".local")),
    databaseUrl: present(env.DATABASE_URL),
    redisUrl: present(env.REDIS_URL),
    queueRedisUrl: present(env.QUEUE_REDIS_URL),
    env,
  };
}

/** The environment of this process, as a copy that may be passed on. */
export function processEnvironment(): Environment {
  return { ...process.env };
}

/** Folders in which programs are looked for: PATH, and those where Debian and Homebrew put servers. */
export function searchPath(): string[] {
  const usual = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/opt/homebrew/bin"];
  return [...(process.env.PATH ?? "").split(path.delimiter), ...usual].filter((folder) => folder !== "");
}

/** A stable place for short-lived data of this user's tests. */
export function temporaryRoot(): string {
  return path.join(os.tmpdir(), `parloir-${os.userInfo().uid}`);
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const detail = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw new UsageError(`${detail}. See npm start -- --help`);
  }
}

function wholeNumber(flag: string, text: string | undefined, byDefault: number, min: number, max: number) {
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${flag} takes a whole number from ${min} to ${max}, not "${text}"`);
}

/** `npm start --port 9000` (without `--`) gives the flag to npm, which drops it silently. */
function refuseFlagsEatenByNpm(env: Environment) {
  for (const flag of ["port", "gateways", "apis", "workers"]) {
    const value = env[`npm_config_${flag}`];
    if (value !== undefined) {
      const shown = /^\d+$/.test(value) ? value : "N";
      throw new UsageError(`npm kept --${flag} for itself. Write: npm start -- --${flag} ${shown}`);
    }
  }
}

function present(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
