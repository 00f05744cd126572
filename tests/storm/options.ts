import { parseArgs } from "node:util";
import { UsageError } from "../setup/command-line.ts";

export interface StormOptions {
  sockets: number;
  gateways: number;
  apis: number;
  /** Messages a second, before, during and after. */
  rate: number;
  /** How long the quiet level is measured. */
  quietSeconds: number;
}

export const usage = `Usage: npm run storm -- [options]

Connects many sockets to a cluster of its own, kills one gateway with SIGKILL and measures how long its sockets take
to be back elsewhere with everything they missed, and how much more Postgres is asked meanwhile.

  --sockets N      over all gateways (2000 come back: 2000 times gateways)
  --gateways N --apis N    the cluster (2, 2)
  --rate N         messages a second, all the while (5)
  --quiet N        seconds over which the quiet level is measured (30)
  --help           this text
`;

const flags = {
  sockets: { type: "string" },
  gateways: { type: "string" },
  apis: { type: "string" },
  rate: { type: "string" },
  quiet: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Null: help was asked for. @throws UsageError */
export function parseOptions(argv: readonly string[]): StormOptions | null {
  const values = read(argv);
  if (values.help) return null;
  const gateways = whole("--gateways", values.gateways, 2, 2);
  return {
    gateways,
    sockets: whole("--sockets", values.sockets, 2_000 * gateways, 10),
    apis: whole("--apis", values.apis, 2, 1),
    rate: whole("--rate", values.rate, 5, 0),
    quietSeconds: whole("--quiet", values.quiet, 30, 1),
  };
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0]!);
  }
}

function whole(flag: string, text: string | undefined, byDefault: number, least: number): number {
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new UsageError(`${flag} takes a whole number from ${least} up, not "${text}"`);
}
