import type { Database } from "./database.ts";

/** Names the history in this database; see docs/operations.md, «restore a backup». */
export async function readEpoch(database: Database): Promise<string> {
  const rows = await database.query<{ epoch: string }>({
    name: "read-epoch",
    text: "SELECT epoch FROM cluster_state",
    values: [],
  });
  return rows[0]!.epoch;
}
