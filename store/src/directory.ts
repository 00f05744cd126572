import { canaryIdOf } from "@parloir/contracts/ids.ts";
import type { Contact } from "@parloir/contracts/shapes.ts";
import type { Database, Row } from "./database.ts";

/**
 * Whom somebody can find by name. Never themselves, a gateway's canary, whoever was erased or banned, and whoever has
 * blocked them or was blocked by them: who blocks somebody is out of their sight, and they out of theirs.
 */
export interface DirectorySearch {
  userId: string;
  /** All people of the installation; else those with whom one shares a conversation. */
  everyone: boolean;
  /** In the name, without regard to accents and capitals; one or two letters: the beginning of a word of it. */
  text: string | null;
  /** Keyset: strictly behind this one. */
  after: DirectoryPosition | null;
  limit: number;
}

export interface DirectoryPosition {
  /** `sortKey` of the last one. */
  key: string;
  userId: string;
}

export type FoundContact = Contact & { sortKey: string };

/** Contacts are looked for in one's newest conversations. Measured: 40 ms for an agent who has 20,000. */
const newestConversations = 1_000;
/** A smaller installation is listed whole where everyone may be found. */
const fewPeople = 1_000;
/**
 * So many that have a text are put in order: who meets more must type more. A name that one in eight of 200,000 people
 * have took 300 ms with all of them, and 50 with these.
 */
const mostCandidates = 2_000;
/** Shorter texts have no trigram of their own: with the blank before them, as beginnings of words, they have one. */
const shortestInside = 3;
const lettersOrDigits = /[\p{L}\p{N}]/u;
/** Of other scripts there are no trigrams where the database's locale is C, and every name is read: folding takes long. */
const indexed = /[\p{Script=Latin}\p{N}]/u;
const limitMs = "2000";

interface FoundRow extends Row {
  user_id: string;
  name: string;
  avatar_url: string | null;
  role: Contact["role"];
  sort_key: string;
}

/**
 * By name. Nobody of a large installation is listed without a text: contacts are, then.
 * @throws CodedError UNAVAILABLE when it takes longer than two seconds
 */
export async function searchDirectory(database: Database, search: DirectorySearch): Promise<FoundContact[]> {
  const { userId, text, after, limit } = search;
  if (text !== null && !lettersOrDigits.test(text)) return [];
  const amongAll = search.everyone && (text !== null || (await hasFewPeople(database)));
  const source = amongAll ? "everyone" : "contacts";
  const way = text === null ? "all" : wayOf(text);
  const rows = await database.transaction(async (query) => {
    const limited = "SELECT set_config('statement_timeout', $1, true)";
    await query({ name: "limit-directory", text: limited, values: [limitMs] });
    return query<FoundRow>({
      name: `search-directory-${source}-${way}`,
      text: searchText(source, way),
      values: [userId, text, after?.key ?? null, after?.userId ?? null, limit],
    });
  });
  return rows.map(({ user_id, name, avatar_url, role, sort_key }) => ({
    userId: user_id,
    name,
    role,
    ...(avatar_url === null ? {} : { avatarUrl: avatar_url }),
    sortKey: sort_key,
  }));
}

function wayOf(text: string): keyof typeof ways {
  if (!indexed.test(text)) return "unfolded";
  return [...text].length < shortestInside ? "begins" : "inside";
}

async function hasFewPeople(database: Database): Promise<boolean> {
  const [row] = await database.query<{ count: number }>({
    name: "count-people",
    text: "SELECT count(*) AS count FROM (SELECT FROM users LIMIT $1) u",
    values: [fewPeople + 1],
  });
  return row!.count <= fewPeople;
}

/** Cut, so that a cursor with it stays short; people of one name follow each other by their ids. */
const sortKey = "left(search_fold(u.name), 40)";

/** `search_pattern` is «%…%», and escaped. */
const begins = "substring(search_pattern($2) FROM 2)";
const ways = {
  all: "$2::text IS NULL",
  begins: `(search_fold(u.name) LIKE (SELECT ${begins}) OR search_fold(u.name) LIKE (SELECT '% ' || ${begins}))`,
  inside: "search_fold(u.name) LIKE (SELECT search_pattern($2))",
  // Measured with 200,000 names: 200 ms, folded 1,000 to 2,000.
  unfolded: `lower(u.name) LIKE (SELECT '%' || regexp_replace(lower($2), '([\\\\%_])', '\\\\\\1', 'g') || '%')`,
};

const sources = {
  everyone: (matches: string) =>
    `(SELECT * FROM users u WHERE ${matches} LIMIT ${mostCandidates}) u WHERE true`,
  contacts: (matches: string) => `(
    SELECT DISTINCT o.user_id FROM (
      SELECT conversation_id FROM members
      WHERE user_id = $1 AND left_at IS NULL ORDER BY conversation_id DESC LIMIT ${newestConversations}) mine
    CROSS JOIN LATERAL (
      SELECT user_id FROM members WHERE conversation_id = mine.conversation_id AND left_at IS NULL) o) c
    JOIN users u ON u.id = c.user_id WHERE ${matches}`,
};

const searchText = (source: keyof typeof sources, way: keyof typeof ways) => `
  SELECT u.id AS user_id, u.name, u.avatar_url, u.role, ${sortKey} AS sort_key FROM ${sources[source](ways[way])}
    AND u.id <> $1 AND u.erased_at IS NULL AND u.banned_at IS NULL AND u.id NOT LIKE '${canaryIdOf("%")}'
    AND NOT EXISTS (SELECT FROM blocks WHERE blocker_id = $1 AND blocked_id = u.id)
    AND NOT EXISTS (SELECT FROM blocks WHERE blocker_id = u.id AND blocked_id = $1)
    AND ($3::text IS NULL OR (${sortKey}, u.id) > ($3, $4))
  ORDER BY sort_key, u.id LIMIT $5`;
