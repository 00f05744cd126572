import { parseArgs } from "node:util";
import { UsageError, whole } from "../options.ts";

export interface ArchiveOptions {
  help: boolean;
  messages: number;
  conversations: number;
  seed: number;
  /** Requests of each kind. */
  requests: number;
  clusterFile: string;
}

export const dataUsage = `Usage: npm run bench:data -- [options]

Writes an archive of people, conversations and messages into the database of a running cluster (npm start), the same
for the same seed. The database must not hold one yet.

  --messages N        messages in all (1000000)
  --conversations N   conversations in all (one for every seven messages); four in five are support
  --seed N            (1)
  --cluster FILE      the cluster's cluster.json (.local/cluster.json)
  --help              this text
`;

export const searchUsage = `Usage: npm run bench:search -- [options]

Asks a running cluster that holds an archive of npm run bench:data, one request after the other, and prints how long
search and lists of conversations take. Start the cluster with LIMIT_EVENTS_PER_MINUTE=0.

  --requests N        of each kind (200)
  --messages N --conversations N --seed N    as for bench:data
  --cluster FILE      the cluster's cluster.json (.local/cluster.json)
  --help              this text
`;

const flags = {
  messages: { type: "string" },
  conversations: { type: "string" },
  seed: { type: "string" },
  requests: { type: "string" },
  cluster: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export function parseArchiveOptions(argv: readonly string[]): ArchiveOptions {
  const values = read(argv);
  const messages = whole("--messages", values.messages, 1_000_000, 10);
  const conversations = whole("--conversations", values.conversations, Math.ceil(messages / 7), 2);
  if (conversations > messages) throw new UsageError("every conversation has a message at least");
  return {
    help: values.help ?? false,
    messages,
    conversations,
    seed: whole("--seed", values.seed, 1, 0),
    requests: whole("--requests", values.requests, 200, 1),
    clusterFile: values.cluster ?? ".local/cluster.json",
  };
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. See --help`);
  }
}
