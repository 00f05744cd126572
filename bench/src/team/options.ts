import { parseArgs } from "node:util";
import { UsageError, whole } from "../options.ts";

export interface TeamOptions {
  help: boolean;
  /** Of one window with the metrics page closed, and of one with it open. */
  seconds: number;
  rounds: number;
  conversations: number;
}

export const teamUsage = `Usage: npm run bench:team -- [options]

What the pages of the team cost, on a cluster of its own and in a real browser: the metrics page a gateway, and thousands
of open conversations the agent who has them. Needs Chromium (CHROMIUM_PATH).

  --seconds N         of each window with the metrics page closed, and open (20)
  --rounds N          such windows in turn (3)
  --conversations N   open conversations of the agent (5000)
  --help              this text
`;

export function parseTeamOptions(args: string[]): TeamOptions {
  const { values } = parse(args);
  return {
    help: values.help,
    seconds: whole("--seconds", values.seconds, 20, 1),
    rounds: whole("--rounds", values.rounds, 3, 1),
    conversations: whole("--conversations", values.conversations, 5_000, 200),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", default: false },
        seconds: { type: "string" },
        rounds: { type: "string" },
        conversations: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
