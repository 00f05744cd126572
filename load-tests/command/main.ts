import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { advice, findLaunch, type Launch } from "./k6.ts";
import { type LoadOptions, parseOptions, UsageError, usage } from "./options.ts";

/** `npm run load -- SCENARIO`: exits as k6 does, and says what that means. */

const meanings: Record<number, string> = {
  99: "a threshold was not held: a service level (infra/service-levels.json), or the run is not valid",
  107: "the scenario could not begin with these options: see the error above",
  108: "the run was ended: nothing answers there, the key is another, or people could not be made: see the error above",
};

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
if (code in meanings) process.stdout.write(`${meanings[code]}\n`);
process.exit(code);
