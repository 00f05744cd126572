/** `npm run storm`: kills a gateway with thousands of sockets and says whether they came back quietly. */
import { UsageError } from "../faults/options.ts";
import { parseOptions, type StormOptions, usage } from "./options.ts";
import { isKept, mostStatements, storm } from "./storm.ts";

const figures = await storm(readOptions(), (line) => console.log(line));
const { sockets, returned, backMs, fromRing, quietStatements, stormStatements, incomplete } = figures;
console.log(`
${returned} of ${sockets} sockets lost their gateway
all back after ${(backMs / 1_000).toFixed(1)} s, ${(100 * fromRing).toFixed(0)} % of what they missed answered from memory
statements/s in Postgres: ${quietStatements.toFixed(1)} quiet, ${stormStatements.toFixed(1)} in the storm: ${(stormStatements / quietStatements).toFixed(1)} times, of at most ${mostStatements}
sockets that miss a message: ${incomplete}
storm: ${isKept(figures) ? "kept" : "NOT kept"}`);
process.exitCode = isKept(figures) ? 0 : 1;

function readOptions(): StormOptions {
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
