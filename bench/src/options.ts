/** Flags of `npm run bench`. The only file of this package that reads process.env. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export type TargetName = "ours" | "reference";

export interface Options {
  help: boolean;
  targets: TargetName[];
  /** Messages per second at fixed rate; where the search starts with `saturate`. */
  rate: number;
  seconds: number;
  warmUpSeconds: number;
  /** Turns of each target at fixed rate. */
  rounds: number;
  pairs: number;
  contentLength: number;
  seed: number;
  generators: number;
  saturate: boolean;
  /** Devices that read nothing, in every second window; 0 for an ordinary run. */
  slowReaders: number;
  /** Nobody looks at their conversation: every message notifies. */
  away: boolean;
  /** The search multiplies the rate by this from step to step. */
  factor: number;
  gateways: number;
  apis: number;
  workers: number;
  port: number | undefined;
  /** cluster.json of a running cluster, instead of one started for the occasion. */
  clusterFile: string | undefined;
  jsonFile: string | undefined;
  profileDir: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
}

/** A mistake of the user's: shown as one sentence. */
export class UsageError extends Error {}

export const usage = `Usage: npm run bench -- [options]

Sends messages between pairs of people on different gateways, at times decided in advance, to this cluster and to the
usual recipe (bench/reference), and compares latency, CPU per message and memory.

  --rate N         messages per second (300); with --saturate the first rate tried (400)
  --seconds N      length of a measured window (20, with --saturate 8)
  --rounds N       windows per target, alternating (2)
  --pairs N        pairs of people, half of them on each of two gateways (100)
  --saturate       search the highest rate that each sustains
  --factor N       the search's step (1.25)
  --only NAME      ours or reference
  --slow-readers N only ours, in turns alone and beside N devices that stop reading (0)
  --workers N      load-generator processes (1)
  --gateways N --apis N --cluster-workers N    the cluster to start (2, 1, 1)
  --port N         its port (a free one)
  --cluster FILE   measure a running cluster: its cluster.json. Start it with the LIMIT_ variables at 0.
  --content N      characters of a message (120)
  --warm-up N      seconds before the window (3)
  --away           only ours: nobody looks at their conversation, so that every message notifies
  --seed N         of the arrival times (1)
  --json FILE      write every figure
  --profile DIR    write a .cpuprofile of every Node process during the windows (raises the CPU figures)
  --help           this text
`;

const flags = {
  rate: { type: "string" },
  seconds: { type: "string" },
  rounds: { type: "string" },
  pairs: { type: "string" },
  factor: { type: "string" },
  only: { type: "string" },
  workers: { type: "string" },
  gateways: { type: "string" },
  apis: { type: "string" },
  "cluster-workers": { type: "string" },
  port: { type: "string" },
  cluster: { type: "string" },
  content: { type: "string" },
  "warm-up": { type: "string" },
  seed: { type: "string" },
  json: { type: "string" },
  profile: { type: "string" },
  "slow-readers": { type: "string" },
  saturate: { type: "boolean" },
  away: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

export function parseOptions(argv: readonly string[]): Options {
  const values = readFlags(argv);
  const saturate = values.saturate ?? false;
  const away = values.away ?? false;
  const slowReaders = whole("--slow-readers", values["slow-readers"], 0, 0);
  return {
    help: values.help ?? false,
    targets: slowReaders > 0 || away ? ["ours"] : targetsOf(values.only),
    slowReaders,
    away,
    rate: number("--rate", values.rate, saturate ? 400 : 300, 1),
    seconds: number("--seconds", values.seconds, saturate ? 8 : 20, 1),
    warmUpSeconds: number("--warm-up", values["warm-up"], 3, 0),
    rounds: whole("--rounds", values.rounds, 2, 1),
    pairs: whole("--pairs", values.pairs, 100, 1),
    contentLength: whole("--content", values.content, 120, 20),
    seed: whole("--seed", values.seed, 1, 0),
    generators: whole("--workers", values.workers, 1, 1),
    saturate,
    factor: number("--factor", values.factor, 1.25, 1.01),
    gateways: whole("--gateways", values.gateways, 2, 2),
    apis: whole("--apis", values.apis, 1, 1),
    workers: whole("--cluster-workers", values["cluster-workers"], 1, 0),
    port: values.port === undefined ? undefined : whole("--port", values.port, 0, 1),
    clusterFile: values.cluster === undefined ? undefined : resolve(values.cluster),
    jsonFile: values.json === undefined ? undefined : resolve(values.json),
    profileDir: values.profile === undefined ? undefined : resolve(values.profile),
    env: { ...process.env },
  };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. See npm run bench -- --help`);
  }
}

function targetsOf(only: string | undefined): TargetName[] {
  if (only === undefined) return ["ours", "reference"];
  if (only === "ours" || only === "reference") return [only];
  throw new UsageError(`--only takes ours or reference, not "${only}"`);
}

function number(flag: string, text: string | undefined, byDefault: number, least: number): number {
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
  throw new UsageError(`${flag} takes a number from ${least} up, not "${text}"`);
}

export function whole(flag: string, text: string | undefined, byDefault: number, least: number): number {
  const value = number(flag, text, byDefault, least);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`${flag} takes a whole number, not "${text}"`);
}
