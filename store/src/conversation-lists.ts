import type {
  Conversation,
  ConversationKind,
  ConversationStatus,
  SupportView,
} from "@parloir/contracts/shapes.ts";
import { conversationColumns, isListed } from "./conversations.ts";
import type { Database } from "./database.ts";

/**
 * Lists of conversations, newest activity first.
 *
 * `updated_at` has no index: every message changes it, and an index on it, even a partial one, would end HOT updates of
 * the hottest rows of the database. `active_in`, its five minutes, is indexed. A list walks that index from the newest
 * on and sorts by the exact time only within five minutes, so it reads hardly more than it answers, however many
 * conversations there are. Measured: docs/decisions/0022.
 */
export interface ConversationFilter {
  userId: string;
  status: ConversationStatus | null;
  kind: ConversationKind | null;
  archived: boolean;
  /** Of all support conversations, which only agents may ask for; null: of one's own, of any kind. */
  view: SupportView | null;
  /** In the subject's title or a participant's name, without regard to accents and capitals. */
  text: string | null;
  /** Keyset: strictly older than this activity. */
  before: { updatedAt: string; id: string } | null;
  limit: number;
}

/** Whoever has fewer reads and sorts all of them: 10,000 take about 30 ms. */
const fewConversations = 10_000;
/**
 * What a text is looked for in first, in two steps: a common one fills its page there. The second step is taken when the
 * first found enough to expect that. Measured: 0.1 ms of CPU each, names and titles being folded for the comparison.
 */
const newest = 300;
const newestOfCommon = 1_000;
/** Shorter texts have no trigram to look up: they are looked for among the newest only. */
const shortestIndexed = 3;

export async function listConversations(
  database: Database,
  filter: ConversationFilter,
): Promise<Conversation[]> {
  const { view, text, limit } = filter;
  const read = (
    query: Database["query"],
    source: keyof typeof listTexts,
    way: "newest" | "matching",
    among: number,
  ) =>
    query<Conversation>({
      name: `list-${source}-${way}`,
      text: listTexts[source][way],
      values: [...filterValues(filter), among],
    });
  if (view === null && (await hasFew(database, filter.userId)))
    return read(database.query, "few", "newest", limit);
  const source = view ?? "many";
  return database.transaction(async (query) => {
    await query({ name: "prefer-walking", text: preferWalking, values: [] });
    if (text === null) return read(query, source, "newest", limit);
    const isShort = [...text].length < shortestIndexed;
    const found = await read(query, source, "newest", Math.max(newest, limit));
    if (found.length >= limit) return found;
    if (isShort || found.length * (newestOfCommon / newest) >= limit) {
      const common = await read(query, source, "newest", newestOfCommon);
      if (isShort || common.length >= limit) return common;
    }
    return read(query, source, "matching", limit);
  });
}

/**
 * A generic plan does not know how small the limit is and takes sorting everything for cheaper than walking: 1,000 ms
 * with 100,000 conversations. Incremental sorts, and sorts that no other plan does without, are not affected.
 */
const preferWalking = "SELECT set_config('enable_sort', 'off', true)";

async function hasFew(database: Database, userId: string): Promise<boolean> {
  const [row] = await database.query<{ count: number }>({
    name: "count-memberships",
    text: "SELECT count(*) AS count FROM (SELECT FROM members WHERE user_id = $1 LIMIT $2) m",
    values: [userId, fewConversations + 1],
  });
  return row!.count <= fewConversations;
}

const highestId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

function filterValues({
  userId,
  status,
  kind,
  archived,
  before,
  limit,
  text,
}: ConversationFilter): unknown[] {
  const { updatedAt, id } = before ?? { updatedAt: "infinity", id: highestId };
  return [userId, status, kind, archived, updatedAt, id, limit, text];
}

/** LATERAL, one look-up a conversation: as a plain join it was planned as all of somebody's memberships for each. */
const ownMember = `LATERAL (
  SELECT * FROM members WHERE conversation_id = v.id AND user_id = $1 AND left_at IS NULL LIMIT 1) p ON true`;
const isOlder = "(v.updated_at, v.id) < ($5::timestamptz, $6::uuid)";
const isWanted = `${isOlder} AND ($2::text IS NULL OR v.status = $2) AND ($3::text IS NULL OR v.kind = $3)`;
const isShown = `${isListed} AND (p.archived_at IS NOT NULL) = $4::boolean`;
const matches = `($8::text IS NULL OR strpos(search_fold(v.subject_title), (SELECT search_fold($8))) > 0 OR EXISTS (
  SELECT FROM members o JOIN users u ON u.id = o.user_id
  WHERE o.conversation_id = v.id AND o.left_at IS NULL
    AND strpos(search_fold(u.name), (SELECT search_fold($8))) > 0))`;

/** The index's order. The joins that follow keep it. */
const walkOrder = "v.active_in DESC, v.updated_at DESC, v.id DESC";
// What was active before a time began its five minutes before it too.
const walk = (where: string) =>
  `(SELECT v.* FROM conversations v WHERE ${where} AND v.active_in <= $5 AND ${isOlder} ORDER BY ${walkOrder}) v`;

/** Looks at the newest `$9` of `ids`; what is shown is read for the page only. */
const list = (
  member: "JOIN" | "LEFT JOIN",
  ids: string,
  where: string,
) => `SELECT ${conversationColumns} FROM (${ids}) page
  JOIN conversations v ON v.id = page.id ${member} ${ownMember}
  WHERE ${where} ORDER BY v.updated_at DESC, v.id DESC LIMIT $7`;

const ofMembers = `SELECT v.id FROM ${walk("($2::text IS NULL OR v.status = $2) AND ($3::text IS NULL OR v.kind = $3)")}
  JOIN ${ownMember} WHERE ${isShown} ORDER BY ${walkOrder} LIMIT $9`;

/** One walk for each status, because a status is what the index begins with; then the newest of all. */
const ofTeam = (assigned: string) => `
  SELECT w.id FROM unnest(CASE WHEN $2::text IS NULL THEN ARRAY['open', 'pending', 'closed'] ELSE ARRAY[$2] END) AS k(status)
  CROSS JOIN LATERAL (
    SELECT v.id, v.updated_at FROM ${walk(`v.kind = 'support' AND v.status = k.status AND ${assigned}`)}
    LEFT JOIN ${ownMember}
    WHERE ${isShown} AND ($3::text IS NULL OR $3 = 'support') ORDER BY ${walkOrder} LIMIT $9) w
  ORDER BY w.updated_at DESC, w.id DESC LIMIT $9`;

/** By the index of titles, and by the people of that name. */
const withText = `
  SELECT id FROM conversations WHERE search_fold(subject_title) LIKE (SELECT search_pattern($8))
  UNION
  SELECT o.conversation_id FROM users u JOIN members o ON o.user_id = u.id AND o.left_at IS NULL
  WHERE search_fold(u.name) LIKE (SELECT search_pattern($8))`;

const team = (assigned: string) => ({
  newest: list("LEFT JOIN", ofTeam(assigned), matches),
  matching: list(
    "LEFT JOIN",
    withText,
    `v.kind = 'support' AND ${assigned} AND ${isWanted} AND ${isShown} AND $9::int > 0`,
  ),
});

const listTexts = {
  few: {
    newest: list(
      "JOIN",
      "SELECT conversation_id AS id FROM members WHERE user_id = $1 AND left_at IS NULL",
      `${isWanted} AND ${isShown} AND ${matches} AND $9::int > 0`,
    ),
    matching: "",
  },
  many: {
    newest: list("JOIN", ofMembers, matches),
    matching: list("JOIN", withText, `${isWanted} AND ${isShown} AND $9::int > 0`),
  },
  mine: team("v.assignee_id = $1"),
  unassigned: team("v.assignee_id IS NULL"),
  all: team("true"),
};
