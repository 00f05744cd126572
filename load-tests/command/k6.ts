import { spawn } from "node:child_process";
import path from "node:path";
import { type LoadOptions, root } from "./options.ts";

/** Where k6 comes from: a program on PATH, else its image, else advice. */

const oldestMajor = 2;
const image = "grafana/k6:2.2.0";

export const advice = `There is no k6 ${oldestMajor} or newer on PATH, and no Docker that answers.
  macOS            brew install k6
  Debian, Ubuntu   add Grafana's package source, then apt-get install k6
  others           https://grafana.com/docs/k6/latest/set-up/install-k6/
or start Docker: then \`npm run load\` uses the image ${image}.
`;

export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string | undefined>;
}

/** Null: there is none. */
export async function findLaunch(options: LoadOptions): Promise<Launch | null> {
  if (!options.docker && (await majorOnPath(options.env)) >= oldestMajor) return onPath(options);
  if (await answers("docker", ["version", "--format", "ok"], options.env)) return inDocker(options);
  return null;
}

/** The tags tell the samples of several machines, and of several runs, apart wherever they are sent. */
const common = ({ run, instance }: LoadOptions) => [
  ...["run", "--new-machine-readable-summary=false"],
  ...["--tag", `run=${run}`, "--tag", `instance=${instance}`],
];

function onPath(options: LoadOptions): Launch {
  const { scenario, resultsDir, variables, k6Options, env } = options;
  const script = path.join(root, "load-tests/scenarios", `${scenario}.ts`);
  return {
    command: "k6",
    args: [...common(options), ...k6Options, script],
    // By the environment and not as arguments, which are for everybody to read: a server key is among them.
    env: { ...env, ...variables, LOAD_REPORT_DIR: resultsDir },
  };
}

function inDocker(options: LoadOptions): Launch {
  const { scenario, resultsDir, variables, k6Options, env } = options;
  const given = { ...env, ...variables, LOAD_REPORT_DIR: "/results" };
  const names = Object.keys(given).filter((name) => /^(LOAD|K6)_/.test(name));
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  return {
    command: "docker",
    args: [
      ...["run", "--rm", "--network", "host", "--user", user],
      ...["--volume", `${root}:/parloir:ro`, "--volume", `${resultsDir}:/results`],
      // What k6 on PATH would see. By name: the values are not for everybody to read.
      ...names.flatMap((name) => ["--env", name]),
      image,
      ...common(options),
      ...k6Options,
      `/parloir/load-tests/scenarios/${scenario}.ts`,
    ],
    env: given,
  };
}

async function majorOnPath(env: LoadOptions["env"]): Promise<number> {
  const output = await outputOf("k6", ["version"], env);
  return Number(/v(\d+)\.\d+/.exec(output ?? "")?.[1] ?? 0);
}

const answers = async (command: string, args: string[], env: LoadOptions["env"]) =>
  (await outputOf(command, args, env)) !== null;

const patienceMs = 20_000;

/** Null when it is not there or fails. */
function outputOf(command: string, args: string[], env: LoadOptions["env"]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...env },
      stdio: ["ignore", "pipe", "ignore"],
      timeout: patienceMs,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code === 0 ? output : null));
  });
}
