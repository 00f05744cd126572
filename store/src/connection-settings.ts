import type { Database } from "./database.ts";

/**
 * What every session of ours relies on. A process that reaches Postgres itself asks for it when it connects; behind a
 * pooler that gives each transaction another session, the role has it (`migrate` sees to that).
 *
 * Statements are few and their best plan does not depend on the values: planning them anew for every batch would cost
 * more than running it. Such a plan outlives the moment it was made in: one made over nearly empty tables scans them
 * for minutes while they grow, so scans are made the last resort. Times are read and written in UTC.
 */
export const sessionSettings = {
  TimeZone: "UTC",
  plan_cache_mode: "force_generic_plan",
  jit: "off",
  enable_seqscan: "off",
  max_parallel_workers_per_gather: "0",
} as const;

/** After this long a statement's caller gives up. The server's own limit lets one die whose client is gone. */
export const defaultTimeoutMs = 4_000;
export const idleInTransactionMs = 10_000;

/** What migrations need instead, also where the role has the settings above. */
export const migrationSettings = {
  statement_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  plan_cache_mode: "auto",
  enable_seqscan: "on",
  // Ours: a session that does not know it came through something that passes no settings on.
  "parloir.direct": "yes",
} as const;

/** As the startup parameter `options` of a connection. */
export function startupOptions(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}

/** Names of those which the session does not have. */
export async function missingSettings(
  query: Database["query"],
  settings: Record<string, string>,
): Promise<string[]> {
  const rows = await query<{ name: string }>({
    name: "missing-settings",
    text: `SELECT s.key AS name FROM json_each_text($1::json) AS s
      WHERE current_setting(s.key, true) IS DISTINCT FROM s.value`,
    values: [JSON.stringify(settings)],
  });
  return rows.map(({ name }) => name);
}
