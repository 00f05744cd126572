import pg from "pg";
import { sleep } from "../resilience/watching.ts";

/** How much Postgres is asked, from outside: what it ended, statement by statement, in its own count. */
export interface Statements {
  count: () => Promise<number>;
  close: () => Promise<void>;
}

/** Postgres' backends tell what they have done at once while they are busy, else after 10 s. */
export const tellMs = 11_000;

export async function countStatements(url: string): Promise<Statements> {
  const client = new pg.Client({ connectionString: url, application_name: "storm" });
  await client.connect();
  return {
    async count() {
      await sleep(tellMs);
      const { rows } = await client.query<{ ended: number }>(
        "SELECT (xact_commit + xact_rollback)::float8 AS ended FROM pg_stat_database WHERE datname = current_database()",
      );
      return rows[0]!.ended;
    },
    close: () => client.end(),
  };
}
