import { diagnose } from "./diagnose.ts";
import type { Finding } from "./finding.ts";
import { type Options, parseOptions, usage } from "./options.ts";

/** `npm run doctor`. */
function readOptions(): Options {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options) return options;
    process.stdout.write(usage);
    return process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return process.exit(2);
  }
}

const signs: Record<Finding["state"], string> = {
  ok: "ok      ",
  warning: "warning ",
  problem: "PROBLEM ",
  unknown: "unknown ",
};

function textOf({ what, state, found, fix }: Finding): string {
  return `${signs[state]} ${what}: ${found}\n${fix === undefined ? "" : `          ${fix}\n`}`;
}

const options = readOptions();
const findings = await diagnose(options);
const problems = findings.filter(({ state }) => state === "problem").length;
if (options.json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
else
  process.stdout.write(
    `${findings.map(textOf).join("")}${problems === 0 ? "no problem\n" : `problems: ${problems}\n`}`,
  );
process.exit(problems === 0 ? 0 : 1);
