import path from "node:path";
import { buildPackage } from "./build.ts";

const outDir = path.resolve(import.meta.dirname, "../../.local/package");
const sizes = await buildPackage(outDir);
const words = Object.entries(sizes).map(([name, kilobytes]) => `${name} ${kilobytes} KB`);
process.stdout.write(`${outDir}\n${words.join(", ")} gzipped\n`);
