import { parseArgs } from "node:util";
import { UsageError } from "../setup/command-line.ts";
import { type SurfaceName, surfaceNames } from "./surfaces/surface.ts";

/** What `npm run fuzz` was asked for. */
export interface FuzzOptions {
  seconds: number;
  seed: number;
  surfaces: SurfaceName[];
  /** One case instead of a run, as a finding names it. */
  only: { surface: SurfaceName; number: number } | null;
}

export const usage = `Usage: npm run fuzz -- [options]

Starts a cluster of its own and sends it what no client would, through the balancer.

  --minutes N      how long (2); memory is judged from two minutes on
  --seed N         what is sent (1)
  --surfaces LIST  all, or some of ${surfaceNames.join(", ")}
  --case S:N       sends one case of this seed again, as a finding names it, and prints what came back
  --help           this text
`;

const flags = {
  minutes: { type: "string", default: "2" },
  seed: { type: "string", default: "1" },
  surfaces: { type: "string", default: "all" },
  case: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** @returns null when only the usage is wanted. @throws UsageError */
export function parseOptions(argv: string[]): FuzzOptions | null {
  const values = readFlags(argv);
  if (values.help) return null;
  const minutes = Number(values.minutes);
  if (!(minutes >= 0.05)) throw new UsageError(`--minutes takes a number from 0.05, not "${values.minutes}"`);
  if (!/^\d{1,9}$/.test(values.seed))
    throw new UsageError(`--seed takes a whole number, not "${values.seed}"`);
  const surfaces = values.surfaces === "all" ? [...surfaceNames] : values.surfaces.split(",").map(surfaceOf);
  return { seconds: minutes * 60, seed: Number(values.seed), surfaces, only: caseOf(values.case) };
}

function readFlags(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: flags, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function surfaceOf(name: string): SurfaceName {
  const found = surfaceNames.find((each) => each === name);
  if (!found) throw new UsageError(`no such surface: ${name}`);
  return found;
}

function caseOf(text: string | undefined): FuzzOptions["only"] {
  if (text === undefined) return null;
  const [name = "", number = ""] = text.split(":");
  if (!/^\d{1,9}$/.test(number)) throw new UsageError(`--case takes surface:number, not "${text}"`);
  return { surface: surfaceOf(name), number: Number(number) };
}
