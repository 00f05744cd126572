import type { ConversationStatus, Message } from "@parloir/contracts/shapes.ts";
import { floorOf } from "./conversations.ts";
import type { Database, Reader } from "./database.ts";
import { messageJson } from "./messages.ts";

/**
 * Full text of messages, newest first, of what one person may see.
 *
 * Two ways, because neither is fast for everyone (measured on a million messages: docs/decisions/0017):
 * - **near**: when little text is within reach, it is read by conversation. What is within reach is arithmetic on heads
 *   and floors, so the choice costs a few look-ups, and somebody with few conversations never pays for all the others'.
 * - **far**: agents, and whoever has more than that. A common word is found among the newest messages before long; only
 *   when these do not fill the page is the inverted index asked, whose hits must all be fetched and sorted: the newest
 *   months' first, so that a common word of which a filter leaves little does not fetch those of a whole year.
 */
export interface SearchRequest {
  userId: string;
  /** Agents see all support conversations besides their own. */
  isAgent: boolean;
  /** At least one, of letters, digits and marks only. The last one may be a beginning. */
  words: string[];
  conversationId: string | null;
  senderId: string | null;
  subject: { type: string; id: string } | null;
  status: ConversationStatus | null;
  /** ISO times; `from` belongs to the range, `to` does not. */
  from: string | null;
  to: string | null;
  /** Keyset: strictly older than this. */
  before: SearchPosition | null;
  limit: number;
}

export interface SearchPosition {
  createdAt: string;
  conversationId: string;
  seq: number;
}

export interface SearchHit {
  message: Message;
  /** The content in which `\u0001` and `\u0002` delimit what matched, once per way of stemming; every other length is kept. */
  marked: string[];
}

/** A slow one must not keep a connection: its caller is told to try another question. */
const limitMs = 2_000;
/** Beyond either, reading conversation by conversation is slower than the index. 50,000 messages take about 100 ms. */
const nearConversations = 2_000;
const nearMessages = 50_000;
/** Measured: 10 to 20 ms. A word in one message of a hundred fills a page of 50 with them. */
const newest = 5_000;

type Query = Database["query"];

/** @throws CodedError UNAVAILABLE when it takes longer than two seconds */
export function searchMessages(reader: Reader, request: SearchRequest): Promise<SearchHit[]> {
  return reader.transaction(async (query) => {
    const deadline = performance.now() + limitMs;
    /** The limit is for the whole search, whatever it takes. */
    const limited = async <R>(statement: Parameters<Query>[0]): Promise<R[]> => {
      const left = Math.max(1, Math.ceil(deadline - performance.now()));
      await query({
        name: "limit-statement",
        text: "SELECT set_config('statement_timeout', $1, true)",
        values: [String(left)],
      });
      return query<R>(statement);
    };
    const reach = await findReach(limited, request);
    if (reach) return limited<SearchHit>(near(request, reach));
    const recent = await limited<SearchHit>(far("search-newest", newestText, request));
    if (recent.length >= request.limit) return recent;
    const found: SearchHit[] = [];
    for (const span of monthSpans(request)) {
      const left = { ...request, ...span, limit: request.limit - found.length };
      found.push(
        ...(await limited<SearchHit>(far("search-index", indexText, left, facetsOf(left, span.months)))),
      );
      if (found.length >= request.limit) break;
    }
    return found;
  });
}

interface Reach {
  ids: string[];
  floors: number[];
}

/** The conversations to search, each with what is hidden of it; null when they are too many, or hold too much. */
async function findReach(query: Query, request: SearchRequest): Promise<Reach | null> {
  const from = reachFrom(request);
  if (from === null) return null;
  const rows = await query<{ id: string; floor: number; messages: number }>({
    name: `search-reach-${from}`,
    text: reachText[from],
    values: [...filterValues(request), nearConversations + 1],
  });
  const messages = rows.reduce((sum, row) => sum + row.messages, 0);
  if (rows.length > nearConversations || messages > nearMessages) return null;
  return { ids: rows.map((row) => row.id), floors: rows.map((row) => row.floor) };
}

/** What narrows it most. An agent who names nothing has all support conversations within reach. */
function reachFrom(request: SearchRequest): keyof typeof reachText | null {
  if (request.conversationId !== null) return "conversation";
  if (request.subject !== null) return "subject";
  if (!request.isAgent) return "own";
  return request.senderId === null ? null : "sender";
}

function filterValues(request: SearchRequest): unknown[] {
  const { conversationId, senderId, subject, status } = request;
  const { userId, isAgent } = request;
  return [userId, isAgent, conversationId, senderId, subject?.type ?? null, subject?.id ?? null, status];
}

/** Of a conversation `v` and this person's member row `p`, if there is one. */
const maySee = `(p.user_id IS NOT NULL OR ($2::boolean AND v.kind = 'support'))`;
const ownMember = `LEFT JOIN LATERAL (
  SELECT * FROM members WHERE conversation_id = v.id AND user_id = $1::text AND left_at IS NULL LIMIT 1) p ON true`;
const filters = `($3::uuid IS NULL OR v.id = $3) AND ($5::text IS NULL OR (v.subject_type = $5 AND v.subject_id = $6::text))
  AND ($7::text IS NULL OR v.status = $7)`;
// Whoever has ever sent something has a member row, also after leaving. Not EXISTS: that was planned as a hash of all of
// the sender's conversations, 100 ms for an agent.
const senderWasThere = `($4::text IS NULL OR (
  SELECT true FROM members o WHERE o.conversation_id = v.id AND o.user_id = $4 LIMIT 1))`;

const reach = (
  tables: string,
  where: string,
) => `SELECT v.id, ${floorOf} AS floor, v.last_seq - ${floorOf} AS messages
  FROM ${tables} WHERE ${where} AND ${maySee} AND ${filters} AND v.last_seq > ${floorOf}
  LIMIT $8`;

const reachText = {
  conversation: reach(`conversations v ${ownMember}`, `v.id = $3 AND ${senderWasThere}`),
  subject: reach(
    `conversations v ${ownMember}`,
    `v.subject_type = $5 AND v.subject_id = $6 AND ${senderWasThere}`,
  ),
  own: reach(
    "members p JOIN conversations v ON v.id = p.conversation_id",
    `p.user_id = $1 AND p.left_at IS NULL AND ${senderWasThere}`,
  ),
  sender: reach(`members s JOIN conversations v ON v.id = s.conversation_id ${ownMember}`, "s.user_id = $4"),
} as const;

const order = "s.created_at DESC, s.conversation_id DESC, s.seq DESC";
const headlineOptions = `E'HighlightAll=true, StartSel=\\u0001, StopSel=\\u0002'`;
const headline = (configuration: string) =>
  `ts_headline('${configuration}', search_plain(m.content), k.query, ${headlineOptions})`;

/** Texts and marks are read for the page only. */
const hits = (page: string, query: string, facets = "''::tsquery") => `
  WITH k AS MATERIALIZED (SELECT query, query && ${facets} AS narrowed FROM (SELECT ${query} AS query OFFSET 0) q)
  SELECT ${messageJson} AS message,
    ARRAY[${["search_words", "search_french", "search_english"].map(headline).join(", ")}] AS marked
  FROM k CROSS JOIN LATERAL (${page}) s
  CROSS JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = s.conversation_id AND seq = s.seq AND deleted_at IS NULL LIMIT 1) m
  ORDER BY ${order}`;

const nearText = hits(
  `SELECT s.* FROM unnest($1::uuid[], $2::bigint[]) AS r(id, floor) CROSS JOIN LATERAL (
      SELECT x.conversation_id, x.seq, x.created_at FROM message_search x
      WHERE x.conversation_id = r.id AND x.seq > r.floor AND x.document @@ k.query
        AND ($3::text IS NULL OR x.sender_id = $3)
        AND x.created_at >= $4 AND (x.created_at, x.conversation_id, x.seq) < ($5, $6::uuid, $7::bigint) OFFSET 0) s
    ORDER BY ${order} LIMIT $8`,
  "search_query($9, $10)",
);

function near(request: SearchRequest, { ids, floors }: Reach) {
  return {
    name: "search-near",
    text: nearText,
    values: [ids, floors, request.senderId, ...rangeValues(request), request.limit, ...queryValues(request)],
  };
}

/** In order before anything is looked up for them, so that it ends when the page is full. */
const farPage = (candidates: string) => `
  SELECT s.conversation_id, s.seq, s.created_at FROM (
    SELECT * FROM (${candidates}) s WHERE ($4::text IS NULL OR s.sender_id = $4) ORDER BY ${order}) s
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = s.conversation_id LIMIT 1) v ${ownMember}
  WHERE ${maySee} AND s.seq > ${floorOf} AND ${filters}
  ORDER BY ${order} LIMIT $12`;

const inRange = (s: string) =>
  `${s}.created_at >= $8 AND (${s}.created_at, ${s}.conversation_id, ${s}.seq) < ($9, $10::uuid, $11::bigint)`;
const farQuery = "search_query($13, $14)";

const newestText = hits(
  farPage(`SELECT * FROM (SELECT * FROM message_search x WHERE ${inRange("x")}
    ORDER BY x.created_at DESC, x.conversation_id DESC, x.seq DESC LIMIT ${newest}) x WHERE x.document @@ k.query`),
  farQuery,
);
// OFFSET 0 leaves the planner nothing but the inverted index: with the range or the order inside, it also walked the
// index of times, 600 ms for a word that the inverted index has in 1 ms.
const indexText = hits(
  farPage(`SELECT * FROM (SELECT x.conversation_id, x.seq, x.created_at, x.sender_id FROM message_search x
    WHERE x.document @@ k.narrowed OFFSET 0) x WHERE ${inRange("x")}`),
  farQuery,
  "$15::tsquery",
);

function far(name: string, text: string, request: SearchRequest, ...more: string[]) {
  const values = [...filterValues(request), ...rangeValues(request), request.limit, ...queryValues(request)];
  return { name, text, values: [...values, ...more] };
}

/** Of search_facets: both are quoted, and an id holds nothing that would have to be escaped. */
function facetsOf({ senderId }: SearchRequest, months: number[]): string {
  const sender = senderId === null ? [] : [`'@${senderId}'`];
  const anyMonth = months.length === 0 ? [] : [`(${months.map((month) => `'#${month}'`).join(" | ")})`];
  return [...sender, ...anyMonth].join(" & ");
}

interface Span {
  /** The facets of these months hold everything from `from` on; none: everything there is. */
  months: number[];
  from: string | null;
  before: SearchPosition | null;
}

/** How many months each step reads, before the last one, which reads the rest. */
const monthsOfStep = [2, 6];

/** The request's time, newest first, in pieces. */
function* monthSpans({ from, to, before }: SearchRequest): Generator<Span> {
  const newest = new Date(before?.createdAt ?? to ?? Date.now());
  // One more: another machine's clock may be in the next month already.
  let next = newest.getUTCFullYear() * 12 + newest.getUTCMonth() + 2;
  let upper = before;
  for (const count of monthsOfStep) {
    const months = Array.from({ length: count + 1 }, (_, n) => next - n);
    const first = months.at(-1)! - 1;
    next = first;
    const start = new Date(Date.UTC(Math.floor(first / 12), first % 12)).toISOString();
    if (from !== null && from >= start) break;
    yield { months, from: start, before: upper };
    upper = { createdAt: start, conversationId: lowestId, seq: 0 };
  }
  yield { months: [], from, before: upper };
}

const lowestId = "00000000-0000-0000-0000-000000000000";

/** From, and the exclusive upper bound of the order: the cursor, else `to`. */
function rangeValues({ from, to, before }: SearchRequest): unknown[] {
  const upper = before ?? { createdAt: to ?? "infinity", conversationId: lowestId, seq: 0 };
  return [from ?? "-infinity", upper.createdAt, upper.conversationId, upper.seq];
}

function queryValues({ words }: SearchRequest): unknown[] {
  return [words.slice(0, -1).join(" "), words.at(-1)];
}
