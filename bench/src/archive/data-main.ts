import pg from "pg";
import { UsageError } from "../options.ts";
import { readCluster } from "../targets/ours.ts";
import { dataUsage, parseArchiveOptions } from "./options.ts";
import { writeArchive } from "./write.ts";

async function main(): Promise<void> {
  const options = parseArchiveOptions(process.argv.slice(2));
  if (options.help) return console.log(dataUsage);
  const { processes } = readCluster(options.clusterFile);
  const postgres = processes.find((process) => process.role === "postgres");
  if (!postgres?.url) throw new UsageError(`${options.clusterFile} names no Postgres`);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1_000).toFixed(0)} s`;
  try {
    const { rowCount } = await client.query("SELECT FROM users WHERE id = 'archive-agent-0'");
    if (rowCount !== 0)
      throw new UsageError("the database holds an archive already: start with another --data folder");
    await writeArchive(client, options, (progress) => console.log(`${seconds().padStart(6)}  ${progress}`));
    console.log(`${seconds().padStart(6)}  done`);
  } finally {
    await client.end();
  }
}

main().catch((error: Error) => {
  console.error(error instanceof UsageError ? error.message : error);
  process.exit(1);
});
