/** `npm run prove`: breaks a cluster on purpose and says whether its promises were kept. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { readOptions } from "../setup/command-line.ts";
import { parseOptions, usage } from "./options.ts";
import { prove } from "./prove.ts";
import { type Figures, figuresOf } from "./report/figures.ts";
import { reportPage } from "./report/page.ts";
import { summaryOf } from "./report/summary.ts";

const options = readOptions(parseOptions, usage);
const abort = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.once(name, () => abort.abort(new Error(`given up: ${name}`)));

try {
  console.log(`prove: seed ${options.seed}, ${options.seconds} s, ${options.rate} messages/s`);
  const proof = await prove(options, { say: (line) => console.log(line), signal: abort.signal });
  const figures = figuresOf(options, proof);
  if (options.report) await writeReport(options.report, figures);
  console.log(summaryOf(figures).join("\n"));
  process.exitCode = proof.broken.length > 0 ? 1 : 0;
} catch (error) {
  console.error(`prove: ${(error as Error).stack}`);
  process.exitCode = 1;
}

async function writeReport(dir: string, figures: Figures): Promise<void> {
  const name = path.join(dir, `prove-${figures.options.seed}`);
  await mkdir(dir, { recursive: true });
  await writeFile(`${name}.json`, `${JSON.stringify(figures, null, 2)}\n`);
  await writeFile(`${name}.html`, reportPage(figures));
  console.log(`  report: ${name}.html`);
}
