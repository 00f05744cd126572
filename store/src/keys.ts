import { CodedError } from "@parloir/contracts/errors.ts";
import { isScope, type Scope, type ServerKey } from "@parloir/contracts/keys.ts";
import { type Origin, record } from "./audit.ts";
import type { Database } from "./database.ts";

type Query = Database["query"];

const columns = `id, name, prefix, scopes, created_by AS "createdBy", created_at AS "createdAt",
  last_used_at AS "lastUsedAt", expires_at AS "expiresAt", revoked_at AS "revokedAt", replaced_by AS "replacedBy"`;

export interface NewKey {
  name: string;
  prefix: string;
  hash: Buffer;
  scopes: Scope[];
  expiresAt: string | null;
}

export async function createKey(database: Database, key: NewKey, origin: Origin): Promise<ServerKey> {
  return database.transaction(async (query) => {
    const created = await insertKey(query, key, origin);
    const { id: target, name, scopes, expiresAt } = created;
    await record(query, origin, { action: "key.created", target, details: { name, scopes, expiresAt } });
    return created;
  });
}

async function insertKey(query: Query, key: NewKey, { actor }: Origin): Promise<ServerKey> {
  const rows = await query<ServerKey>({
    name: "insert-key",
    text: `INSERT INTO api_keys (name, prefix, hash, scopes, expires_at, created_by)
      VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`,
    values: [key.name, key.prefix, key.hash, key.scopes, key.expiresAt, `${actor.kind}:${actor.id}`],
  });
  return rows[0]!;
}

/**
 * Puts a new key with the same name, scopes and end in the place of this one, which goes on for `graceSeconds`.
 * @throws CodedError NOT_FOUND; CONFLICT when it was revoked, has ended or was rotated already; `check` may refuse
 */
export async function rotateKey(
  database: Database,
  id: string,
  next: { prefix: string; hash: Buffer; graceSeconds: number; check: (scopes: Scope[]) => void },
  origin: Origin,
): Promise<ServerKey> {
  return database.transaction(async (query) => {
    const former = await lockKey(query, id);
    next.check(former.scopes);
    if (former.replacedBy !== null || !former.isValid)
      throw new CodedError("CONFLICT", "the key has ended or was rotated already");
    const { name, scopes, expiresAt } = former;
    const created = await insertKey(query, { name, scopes, expiresAt, ...next }, origin);
    await query({
      name: "replace-key",
      text: `UPDATE api_keys SET replaced_by = $2, expires_at = LEAST(expires_at, now() + make_interval(secs => $3))
        WHERE id = $1`,
      values: [id, created.id, next.graceSeconds],
    });
    const details = { replacedBy: created.id, graceSeconds: next.graceSeconds };
    await record(query, origin, { action: "key.rotated", target: id, details });
    return created;
  });
}

/** Ends a key at once; again is no error. @throws CodedError NOT_FOUND */
export async function revokeKey(database: Database, id: string, origin: Origin): Promise<ServerKey> {
  return database.transaction(async (query) => {
    const former = await lockKey(query, id);
    if (former.revokedAt === null) await record(query, origin, { action: "key.revoked", target: id });
    const rows = await query<ServerKey>({
      name: "revoke-key",
      text: `UPDATE api_keys SET revoked_at = COALESCE(revoked_at, now()) WHERE id = $1 RETURNING ${columns}`,
      values: [id],
    });
    return rows[0]!;
  });
}

async function lockKey(query: Query, id: string): Promise<ServerKey & { isValid: boolean }> {
  const rows = await query<ServerKey & { isValid: boolean }>({
    name: "lock-key",
    text: `SELECT ${columns}, revoked_at IS NULL AND COALESCE(expires_at > now(), true) AS "isValid"
      FROM api_keys WHERE id = $1 FOR UPDATE`,
    values: [id],
  });
  if (!rows[0]) throw new CodedError("NOT_FOUND", "no such key");
  return rows[0];
}

/** Newest first: ids are in the order of creation. */
export async function listKeys(
  database: Database,
  page: { before: string | null; limit: number },
): Promise<ServerKey[]> {
  return database.query<ServerKey>({
    name: "list-keys",
    text: `SELECT ${columns} FROM api_keys WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
    values: [page.before, page.limit],
  });
}

export interface FoundKey {
  id: string;
  scopes: Scope[];
  /** Milliseconds until it ends by itself; null: never. */
  endsInMs: number | null;
}

/** The valid key with this hash. Its use is noted once a minute, so that a busy key is not a hot row. */
export async function findKey(database: Database, hash: Buffer): Promise<FoundKey | null> {
  const rows = await database.query<FoundKey & { isNoted: boolean; scopes: string[] }>({
    name: "find-key",
    text: `SELECT id, scopes, EXTRACT(epoch FROM expires_at - now())::float8 * 1000 AS "endsInMs",
        COALESCE(last_used_at > now() - interval '1 minute', false) AS "isNoted"
      FROM api_keys
      WHERE hash = $1 AND revoked_at IS NULL AND COALESCE(expires_at > now(), true)`,
    values: [hash],
  });
  const found = rows[0];
  if (!found) return null;
  if (!found.isNoted) await noteUse(database, found.id);
  // A scope that this version does not know (any more) allows nothing.
  return { id: found.id, scopes: found.scopes.filter(isScope), endsInMs: found.endsInMs };
}

async function noteUse(database: Database, id: string): Promise<void> {
  await database.query({
    name: "note-key-use",
    text: "UPDATE api_keys SET last_used_at = now() WHERE id = $1",
    values: [id],
  });
}
