import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { advice, findLaunch, type Launch } from "./k6.ts";
import { type LoadOptions, parseOptions, UsageError, usage } from "./options.ts";

/** `npm run load -- SCENARIO`: exits as k6 does, which is 99 when a service level was not held. */

const thresholdsBroken = 99;

function readOptions(): LoadOptions {
  try {
    const options = parseOptions(process.argv.slice(2), new Date());
    if (options) return options;
    process.stdout.write(usage);
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return process.exit(2);
  }
}

function run({ command, args, env }: Launch): Promise<number> {
  const child = spawn(command, args, { stdio: "inherit", env: { ...env } });
  // k6 ends in order and writes its report: wait for it. The terminal gives it Ctrl-C itself, and a second one would
  // end it at once.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

const options = readOptions();
const launch = await findLaunch(options);
if (!launch) {
  process.stderr.write(advice);
  process.exit(1);
}
mkdirSync(options.resultsDir, { recursive: true });
const code = await run(launch);
process.stdout.write(`report: ${path.join(options.resultsDir, "report.html")}\n`);
if (code === thresholdsBroken)
  process.stdout.write("a service level was not held (infra/service-levels.json)\n");
process.exit(code);
