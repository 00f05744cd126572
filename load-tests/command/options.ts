/** Flags of `npm run load`. The only file of the command that reads process.env. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const root = fileURLToPath(new URL("../../", import.meta.url));

export const scenarios = {
  smoke: "everything once, in a few seconds",
  steady: "pairs of people write at a steady rate",
  "fan-out": "each message reaches a large room",
  "connect-storm": "many people a second open the application and leave",
  "reconnect-storm": "everybody loses the connection in one moment",
  soak: "the steady load for hours; deploy during it",
  rest: "requests without sockets",
  spike: "the rate rises at once and falls again",
  mixed: "a part of the people have long polling only",
} as const;
export type ScenarioName = keyof typeof scenarios;

/** A mistake of whoever typed it: shown as one sentence. */
export class UsageError extends Error {}

export const usage = `Usage: npm run load -- SCENARIO [options] [-- options of k6]

${Object.entries(scenarios)
  .map(([name, about]) => `  ${name.padEnd(17)}${about}`)
  .join("\n")}

  --url URL          the balancer (http://localhost:8080)
  --rate N           messages, requests or connections per second
  --sockets N        sockets (of pairs: twice the rate)
  --duration TIME    90s, 5m, 2h
  --rooms N --room-size N      fan-out: groups, and people in each (2, 200)
  --polling SHARE    mixed: pairs on long polling (0.2)
  --spike N          spike: times the rate (10)
  --spread TIME      reconnect-storm: all want to be back within it (1s)
  --hold TIME        connect-storm: how long each stays (2s)
  --ramp SECONDS     over which connections are made (a hundred a second)
  --length N         characters of a message (120)
  --seed N           of arrival times and choices (1)
  --unlimited        the cluster runs with its LIMIT_ variables at 0
  --instances N --instance I --run NAME        one of several machines: load-tests/README.md
  --results DIR      where the report goes (.local/load/SCENARIO-TIME)
  --docker           k6 from its image, even if there is one on PATH
  --help             this text

The server key is taken from LOAD_SERVER_KEY (dev-server-key); each option of one value above may come from the
environment too: LOAD_RATE and so on.
`;

export interface LoadOptions {
  scenario: ScenarioName;
  resultsDir: string;
  /** Of the whole, which machines may share. */
  run: string;
  instance: string;
  /** LOAD_ variables for the scripts. */
  variables: Record<string, string>;
  docker: boolean;
  /** Handed to k6 as they are. */
  k6Options: string[];
  env: Readonly<Record<string, string | undefined>>;
}

/** Each becomes LOAD_ and its name. */
const passed = [
  "url",
  "rate",
  "sockets",
  "duration",
  "rooms",
  "room-size",
  "polling",
  "spike",
  "spread",
  "hold",
  "ramp",
  "length",
  "seed",
  "instances",
  "instance",
  "run",
] as const;

const flags = {
  ...(Object.fromEntries(passed.map((name) => [name, { type: "string" }])) as Record<
    (typeof passed)[number],
    { type: "string" }
  >),
  results: { type: "string" },
  unlimited: { type: "boolean" },
  docker: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Null: only the usage is wanted. @throws {UsageError} */
export function parseOptions(argv: readonly string[], now: Date, env = process.env): LoadOptions | null {
  const end = argv.indexOf("--");
  const own = end === -1 ? argv : argv.slice(0, end);
  const { values, positionals } = read(own);
  if (values.help) return null;
  const [scenario, ...more] = positionals;
  if (!isScenario(scenario) || more.length > 0)
    throw new UsageError(`name one scenario: ${Object.keys(scenarios).join(", ")}`);
  const stamp = now.toISOString().slice(0, 19).replace(/:/g, "");
  const variables: Record<string, string> = {};
  for (const name of passed) {
    const value = values[name];
    if (value !== undefined) variables[variableOf(name)] = value;
  }
  variables.LOAD_RUN = runOf(variables, env, stamp);
  if (values.unlimited) variables.LOAD_UNLIMITED = "1";
  return {
    scenario,
    resultsDir: path.resolve(values.results ?? path.join(root, ".local/load", `${scenario}-${stamp}`)),
    run: variables.LOAD_RUN,
    instance: variables.LOAD_INSTANCE || env.LOAD_INSTANCE || "0",
    variables,
    docker: values.docker ?? false,
    k6Options: end === -1 ? [] : argv.slice(end + 1),
    env,
  };
}

/** Names people: two runs must not meet in one conversation. Machines that carry one run must agree on it. */
function runOf(variables: Record<string, string>, env: LoadOptions["env"], stamp: string): string {
  const given = variables.LOAD_RUN || env.LOAD_RUN;
  if (given) return given;
  if (Number(variables.LOAD_INSTANCES ?? env.LOAD_INSTANCES ?? 1) > 1)
    throw new UsageError("--instances needs --run NAME, the same on all machines, and another for each run");
  return `load-${stamp.replace(/\D/g, "")}`;
}

const variableOf = (flag: string) => `LOAD_${flag.replace(/-/g, "_").toUpperCase()}`;

function isScenario(name: string | undefined): name is ScenarioName {
  return name !== undefined && Object.hasOwn(scenarios, name);
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0]!);
  }
}
