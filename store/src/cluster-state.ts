import type { Database } from "./database.ts";

/** Names the history in this database. Changes only when the database went back to an older state. */
export async function readEpoch(database: Database): Promise<string> {
  const rows = await database.query<{ epoch: string }>({
    name: "read-epoch",
    text: "SELECT epoch FROM cluster_state",
    values: [],
  });
  return rows[0]!.epoch;
}

/**
 * Begins a new epoch because the database lacks what somebody knew of it in the epoch `known`. Epochs sort by their
 * beginning: of all who notice one restore the first begins the new one, and the others find it newer than what they
 * knew. A state so old that it brings an earlier epoch back is left as well, whoever may still remember that one.
 * Answers with the epoch now in force.
 */
export async function replaceEpoch(database: Database, known: string): Promise<string> {
  await database.query({
    name: "replace-epoch",
    text: `UPDATE cluster_state SET epoch = replace(uuidv7()::text, '-', '') WHERE epoch COLLATE "C" <= $1`,
    values: [known],
  });
  return readEpoch(database);
}

/**
 * Begins a new epoch whatever anybody knows: who restored the database says so. Nobody may be left to notice: a dump that is
 * restored into the same server moves the log on, brings the present epoch with it, and gateways that were stopped
 * remember nothing. Answers with it.
 */
export async function beginEpoch(database: Database): Promise<string> {
  const rows = await database.query<{ epoch: string }>({
    name: "begin-epoch",
    text: "UPDATE cluster_state SET epoch = replace(uuidv7()::text, '-', '') RETURNING epoch",
    values: [],
  });
  return rows[0]!.epoch;
}

export interface WalPosition {
  /** Identifies the database cluster since its initdb. */
  system: string;
  /** Bytes of write-ahead log that are safely on disk: only a restored older state has fewer. */
  flushed: bigint;
}

export async function readWalPosition(database: Database): Promise<WalPosition> {
  const rows = await database.query<{ system: string; flushed: string }>({
    name: "read-wal-position",
    text: `SELECT system_identifier::text AS system, (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::text AS flushed
      FROM pg_control_system()`,
    values: [],
  });
  const { system, flushed } = rows[0]!;
  return { system, flushed: BigInt(flushed) };
}
