import { parseArgs } from "node:util";
import { UsageError } from "../setup/command-line.ts";
import { faultKinds } from "./inject/catalogue.ts";

/** What `npm run prove` was asked for. */
export interface ProveOptions {
  seconds: number;
  seed: number;
  /** Messages a second, over all clients. */
  rate: number;
  clients: number;
  /** People who are added to groups and removed again, besides the clients. */
  comers: number;
  gateways: number;
  apis: number;
  workers: number;
  /** Kinds of faults; none for a run without. */
  faults: string[];
  /** Where the report goes. */
  report: string | null;
}

export const usage = `Usage: npm run prove -- [options]

Starts a cluster of its own, breaks it while clients talk, and holds what they saw against the database.

  --minutes N    how long clients talk (10)
  --seed N       what is broken when, and who says what (1)
  --rate N       messages a second (100)
  --clients N    connected devices (200)
  --comers N     people added to groups and removed again meanwhile (4)
  --gateways N   (3)
  --apis N       (2)
  --workers N    (1)
  --faults LIST  all, none, or kinds separated by commas (all)
  --report DIR   writes prove-<seed>.json and prove-<seed>.html there
  --help         this text

Kinds of faults: ${Object.keys(faultKinds).join(", ")}
`;

const flags = {
  minutes: { type: "string", default: "10" },
  seed: { type: "string", default: "1" },
  rate: { type: "string", default: "100" },
  clients: { type: "string", default: "200" },
  comers: { type: "string", default: "4" },
  gateways: { type: "string", default: "3" },
  apis: { type: "string", default: "2" },
  workers: { type: "string", default: "1" },
  faults: { type: "string", default: "all" },
  report: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** @returns null when only the usage is wanted. @throws UsageError */
export function parseOptions(argv: string[]): ProveOptions | null {
  const values = readFlags(argv);
  if (values.help) return null;
  const number = (name: "seed" | "clients" | "comers" | "gateways" | "apis" | "workers", least: number) =>
    bounded(name, values[name], least, true);
  return {
    seconds: bounded("minutes", values.minutes, 0.1, false) * 60,
    seed: number("seed", 0),
    rate: bounded("rate", values.rate, 1, false),
    clients: number("clients", 8),
    comers: number("comers", 0),
    gateways: number("gateways", 1),
    apis: number("apis", 1),
    workers: number("workers", 1),
    faults: kindsOf(values.faults),
    report: values.report ?? null,
  };
}

function readFlags(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: flags, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function bounded(name: string, text: string, least: number, whole: boolean): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && Number.isFinite(value) && (!whole || Number.isInteger(value)))
    return value;
  throw new UsageError(`--${name} takes a ${whole ? "whole " : ""}number from ${least}, not "${text}"`);
}

function kindsOf(list: string): string[] {
  if (list === "none") return [];
  if (list === "all") return Object.keys(faultKinds);
  const kinds = list.split(",");
  const unknown = kinds.filter((kind) => !(kind in faultKinds));
  if (unknown.length > 0) throw new UsageError(`--faults: no such kind: ${unknown.join(", ")}`);
  return kinds;
}
