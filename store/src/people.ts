import { CodedError } from "@parloir/contracts/errors.ts";
import type { Agent, Person, Role } from "@parloir/contracts/shapes.ts";
import type { Accountable } from "@parloir/contracts/stats.ts";
import { type Origin, originValues } from "./audit.ts";
import type { Database, Reader } from "./database.ts";

interface PersonRow {
  id: string;
  name: string;
  email: string | null;
  avatar_url: string | null;
  role: Role;
  locale: string | null;
}

const columns = "id, name, email, avatar_url, role, locale";

export interface PersonChange {
  id: string;
  name: string;
  email?: string | undefined;
  avatarUrl?: string | undefined;
  role?: Role | undefined;
  locale?: string | undefined;
}

/**
 * Creates or replaces what the host says of a person; a role that is not given stays as it is.
 * @throws CodedError CONFLICT for an id whose person was erased: it is not given to anybody again
 */
export async function putPerson(
  database: Database,
  change: PersonChange,
  origin: Origin,
): Promise<{ person: Person; created: boolean }> {
  const rows = await database.query<PersonRow & { created: boolean }>({
    name: "put-person",
    // xmax is 0 exactly when the row was inserted by this statement.
    text: `WITH former AS (SELECT role FROM users WHERE id = $1),
      put AS (
        INSERT INTO users (id, name, email, avatar_url, role, locale)
        VALUES ($1, $2, $3, $4, COALESCE($5, 'client'), $6)
        ON CONFLICT (id) DO UPDATE SET name = $2, email = $3, avatar_url = $4,
          role = COALESCE($5, users.role), locale = $6, updated_at = now()
        WHERE users.erased_at IS NULL
        RETURNING ${columns}, xmax = 0 AS created),
      noted AS (
        INSERT INTO audit (actor_kind, actor_id, request_id, address, action, target, details)
        SELECT $7, $8, $9::uuid, $10, 'role.changed', put.id, jsonb_build_object('from', former.role, 'to', put.role)
        FROM put LEFT JOIN former ON true WHERE put.role <> COALESCE(former.role, 'client'))
      SELECT * FROM put`,
    values: [
      change.id,
      change.name,
      change.email ?? null,
      change.avatarUrl ?? null,
      change.role ?? null,
      change.locale ?? null,
      ...originValues(origin),
    ],
  });
  const [row] = rows;
  if (!row) throw new CodedError("CONFLICT", "the person of this id was erased");
  return { person: personOf(row), created: row.created };
}

export async function findPerson(database: Database, id: string): Promise<Person | null> {
  const rows = await database.query<PersonRow>({
    name: "find-person",
    text: `SELECT ${columns} FROM users WHERE id = $1 AND erased_at IS NULL`,
    values: [id],
  });
  return rows[0] ? personOf(rows[0]) : null;
}

export interface SeenPerson {
  id: string;
  name: string | null;
  email: string | null;
  role: Role;
}

/** A person, and which of their tokens count. */
export interface KnownPerson {
  person: Person;
  /** Milliseconds since 1970: tokens issued before are refused. */
  tokensValidFrom: number | null;
  isBanned: boolean;
}

/**
 * People as the database knows them, created from their token's claims on first sight. In the order given.
 * For those who exist nothing is written and the claims count for nothing.
 */
export async function recognisePeople(database: Database, seen: SeenPerson[]): Promise<KnownPerson[]> {
  const known = await knownById(
    database,
    seen.map((person) => person.id),
  );
  const strangers = seen.filter((person) => !known.has(person.id));
  if (strangers.length > 0) {
    await database.query({
      name: "create-people",
      text: `INSERT INTO users (id, name, email, role)
        SELECT DISTINCT ON (id) id, COALESCE(name, id), email, role
        FROM json_to_recordset($1::json) AS s(id text, name text, email text, role text)
        ON CONFLICT (id) DO NOTHING`,
      values: [JSON.stringify(strangers)],
    });
    for (const [id, person] of await knownById(
      database,
      strangers.map((person) => person.id),
    ))
      known.set(id, person);
  }
  return seen.map((person) => known.get(person.id)!);
}

/** By id, the first one `from`. */
export async function listAgents(
  database: Database,
  page: { from: string; limit: number },
): Promise<Agent[]> {
  const rows = await database.query<PersonRow>({
    name: "list-agents",
    text: `SELECT ${columns} FROM users WHERE role IN ('agent', 'admin') AND id >= $1 ORDER BY id LIMIT $2`,
    values: [page.from, page.limit],
  });
  return rows.map(personOf).map(({ id, name, avatarUrl, role }) => {
    return { userId: id, name, role, ...(avatarUrl === undefined ? {} : { avatarUrl }) };
  });
}

/** Of those that exist. */
export async function accountablesOf(reader: Reader, ids: string[]): Promise<Map<string, Accountable>> {
  if (ids.length === 0) return new Map();
  const rows = await reader.query<Accountable>({
    name: "accountables",
    text: `SELECT id AS "userId", name, role FROM users WHERE id = ANY ($1::text[])`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.userId, row]));
}

export async function rolesOf(database: Database, ids: string[]): Promise<Map<string, Role>> {
  const known = await knownById(database, ids);
  return new Map([...known].map(([id, { person }]) => [id, person.role]));
}

interface KnownRow extends PersonRow {
  tokens_valid_from: string | null;
  is_banned: boolean;
}

/** Null for a person that there is not. */
export async function findKnown(database: Database, id: string): Promise<KnownPerson | null> {
  return (await knownById(database, [id])).get(id) ?? null;
}

async function knownById(database: Database, ids: string[]): Promise<Map<string, KnownPerson>> {
  const rows = await database.query<KnownRow>({
    name: "known-people-by-id",
    // Whatever tokens an erased person still has, or their host's issuer makes.
    text: `SELECT ${columns}, tokens_valid_from, (banned_at IS NOT NULL OR erased_at IS NOT NULL) AS is_banned
      FROM users WHERE id = ANY ($1)`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.id, knownOf(row)]));
}

function knownOf(row: KnownRow): KnownPerson {
  const { tokens_valid_from: from, is_banned: isBanned } = row;
  return { person: personOf(row), tokensValidFrom: from === null ? null : Date.parse(from), isBanned };
}

/** Whom a token is to be minted for, with the database's time, or the end of their last revocation if that is later. */
export async function findTokenSubject(
  database: Database,
  id: string,
): Promise<(KnownPerson & { issuedAt: number }) | null> {
  const rows = await database.query<KnownRow & { issued_at: string }>({
    name: "find-token-subject",
    text: `SELECT ${columns}, tokens_valid_from, banned_at IS NOT NULL AS is_banned,
        GREATEST(date_trunc('milliseconds', clock_timestamp()), tokens_valid_from)::timestamptz(3) AS issued_at
      FROM users WHERE id = $1 AND erased_at IS NULL`,
    values: [id],
  });
  return rows[0] ? { ...knownOf(rows[0]), issuedAt: Date.parse(rows[0].issued_at) } : null;
}

export interface SightRequest {
  userId: string;
  others: string[];
}

/**
 * Whom each of these people may see: those with whom they share a conversation; agents and admins see everyone.
 * @returns in the order of the requests
 */
export async function visiblePeople(database: Database, requests: SightRequest[]): Promise<string[][]> {
  const rows = await database.query<{ ord: number; seen: string[] }>({
    name: "visible-people",
    // LATERAL keeps every step an index look-up: as plain joins the generic plan joined all members with themselves.
    text: `SELECT i.ord, array_agg(o.id) AS seen
      FROM json_to_recordset($1::json) AS i(ord int, "userId" text, others text[])
      CROSS JOIN LATERAL (SELECT id, role FROM users WHERE id = i."userId" LIMIT 1) u
      CROSS JOIN LATERAL unnest(i.others) AS wanted(id)
      CROSS JOIN LATERAL (SELECT id FROM users WHERE id = wanted.id LIMIT 1) o
      LEFT JOIN LATERAL (
        SELECT true AS yes FROM members a
        CROSS JOIN LATERAL (
          SELECT FROM members b
          WHERE b.conversation_id = a.conversation_id AND b.user_id = o.id AND b.left_at IS NULL LIMIT 1) b
        WHERE a.user_id = u.id AND a.left_at IS NULL LIMIT 1) shared ON true
      WHERE u.role IN ('agent', 'admin') OR o.id = u.id OR shared.yes
      GROUP BY i.ord`,
    values: [JSON.stringify(requests.map((request, ord) => ({ ord, ...request })))],
  });
  const seen: string[][] = requests.map(() => []);
  for (const row of rows) seen[row.ord] = row.seen;
  return seen;
}

function personOf(row: PersonRow): Person {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    ...(row.email === null ? {} : { email: row.email }),
    ...(row.avatar_url === null ? {} : { avatarUrl: row.avatar_url }),
    ...(row.locale === null ? {} : { locale: row.locale }),
  };
}
