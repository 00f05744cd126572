/** `npm run storm`: kills a gateway with thousands of sockets and says whether they came back quietly. */
import { readOptions } from "../setup/command-line.ts";
import { parseOptions, usage } from "./options.ts";
import { isKept, mostStatements, storm } from "./storm.ts";

const figures = await storm(readOptions(parseOptions, usage), (line) => console.log(line));
const { sockets, returned, backMs, fromRing, quietStatements, stormStatements, incomplete } = figures;
console.log(`
${returned} of ${sockets} sockets lost their gateway
all back after ${(backMs / 1_000).toFixed(1)} s, ${(100 * fromRing).toFixed(0)} % of what they missed answered from memory
statements/s in Postgres: ${quietStatements.toFixed(1)} quiet, ${stormStatements.toFixed(1)} in the storm: ${(stormStatements / quietStatements).toFixed(1)} times, of at most ${mostStatements}
sockets that miss a message: ${incomplete}
storm: ${isKept(figures) ? "kept" : "NOT kept"}`);
process.exitCode = isKept(figures) ? 0 : 1;
