/** `npm run fuzz`: sends a cluster what no client would and says what it made of it. */

import { readOptions } from "../setup/command-line.ts";
import { fuzz } from "./fuzz.ts";
import { parseOptions, usage } from "./options.ts";

const options = readOptions(parseOptions, usage);
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
