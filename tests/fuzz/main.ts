/** `npm run fuzz`: sends a cluster what no client would and says what it made of it. */
import { UsageError } from "../faults/options.ts";
import { fuzz } from "./fuzz.ts";
import { type FuzzOptions, parseOptions, usage } from "./options.ts";

const options = readOptions();
console.log(`fuzz: seed ${options.seed}, ${options.only ? "one case" : `${options.seconds} s`}`);
const { answers, findings, memory } = await fuzz(options, (line) => console.log(line));
for (const [surface, kinds] of Object.entries(answers)) {
  const most = Object.entries(kinds).sort(([, a], [, b]) => b - a);
  console.log(`  ${surface}: ${most.map(([kind, count]) => `${kind} ${count}`).join(", ")}`);
}
for (const { name, before, after } of memory)
  console.log(`  ${name}: ${before.toFixed(0)} MB early, ${after.toFixed(0)} MB late`);
console.log(findings.length > 0 ? `fuzz: ${findings.length} findings` : "fuzz: nothing found");
process.exitCode = findings.length > 0 ? 1 : 0;

function readOptions(): FuzzOptions {
  try {
    const parsed = parseOptions(process.argv.slice(2));
    if (parsed) return parsed;
    process.stdout.write(usage);
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return process.exit(2);
  }
}
