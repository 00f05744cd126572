/** `npm start`: the whole cluster on this machine, until Ctrl-C. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startCluster } from "./cluster.ts";
import { type Options, parseOptions, processEnvironment, USAGE, UsageError } from "./options.ts";
import { createOutput, seconds } from "./output.ts";

const ROOT = path.resolve(fileURLToPath(import.meta.url), "../../../..");
const NODE_MAJOR = 24;
// npm passes Ctrl-C on to us although the terminal already has: the echo is not a second wish.
const ECHO_MS = 1_000;

const options = readOptions();
const output = createOutput(process.stdout, options);
process.stderr.on("error", () => undefined); // a closed terminal must not end us before the processes
const cluster = startCluster(options, output, ROOT);

let stoppingSince: number | null = null;
let exitCode = 0;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
process.on("uncaughtException", (error) => {
  output.problem(error.stack ?? error.message);
  void stop(1);
});

try {
  const { url, clusterFile } = await cluster.started;
  announce(url, clusterFile);
} catch (error) {
  if (stoppingSince === null) {
    stoppingSince = performance.now();
    output.problem(error instanceof Error ? error.message : String(error));
    await cluster.stop();
    process.exit(1);
  }
}

function onSignal(): void {
  if (stoppingSince === null) {
    output.notice("Stopping; once more to force", { event: "stopping" });
    void stop(0);
  } else if (performance.now() - stoppingSince > ECHO_MS) {
    exitCode = 1;
    cluster.kill();
  }
}

async function stop(code: number): Promise<void> {
  exitCode ||= code;
  stoppingSince ??= performance.now();
  const forced = await cluster.stop();
  const text =
    forced.length === 0 ? "Everything stopped" : `Everything stopped; killed: ${forced.join(", ")}`;
  output.notice(`${text}  ${seconds(performance.now() - stoppingSince)}`, { event: "stopped", forced });
  process.exit(exitCode);
}

function announce(url: string, clusterFile: string): void {
  const ms = Math.round(performance.now());
  const shown = path.relative(process.cwd(), clusterFile);
  const lines = [
    "",
    `  Parloir runs at  ${url}  (${seconds(ms)})`,
    `  Sign in at       ${url}/sign-in`,
    `  Processes        ${shown}`,
    "  Ctrl-C stops everything; the data stays.",
    "",
  ];
  output.notice(lines.join("\n"), {
    event: "ready",
    text: "Parloir runs",
    url,
    signIn: `${url}/sign-in`,
    clusterFile,
    ms,
  });
}

function readOptions(): Options {
  try {
    if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR) {
      throw new UsageError(
        `This is Node ${process.version}; ${NODE_MAJOR} is needed, and npm ci brought it: run npm start`,
      );
    }
    const options = parseOptions(process.argv.slice(2), processEnvironment(), ROOT);
    if (!options.help) return options;
    process.stdout.write(USAGE);
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(2);
  }
}
