import type { Message } from "@parloir/contracts/shapes.ts";
import type { Database, Reader } from "./database.ts";

/** Reactions of a message `m`, the first emoji first. Looked up only where there may be any. */
const reactionsJson = `CASE WHEN m.altered AND m.deleted_at IS NULL THEN (
    SELECT COALESCE(json_agg(json_build_object('emoji', e.emoji, 'userIds', e.user_ids) ORDER BY e.first), '[]'::json)
    FROM (
      SELECT r.emoji, min(r.change) AS first, array_agg(r.user_id ORDER BY r.change) AS user_ids FROM reactions r
      WHERE r.conversation_id = m.conversation_id AND r.seq = m.seq GROUP BY r.emoji) e)
  ELSE '[]'::json END`;

const always = `'conversationId', m.conversation_id, 'seq', m.seq, 'id', m.id, 'senderId', m.sender_id,
  'clientMessageId', m.client_message_id, 'kind', m.kind, 'content', m.content, 'change', m.change,
  'createdAt', to_char(m.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const named = (who: string) => `CASE WHEN l.${who}_id IS NOT NULL THEN
  json_build_object('userId', l.${who}_id, 'name', COALESCE(l.${who}_name, '')) END`;

const whatWasDone = `'event', l.event, 'actor', ${named("actor")}, 'person', ${named("person")}`;

/** A row of `messages` (alias `m`) as the protocol shows it; the session's time zone is UTC. */
export const messageJson = `CASE WHEN m.kind <> 'system' THEN json_build_object(${always},
  'attachments', COALESCE(m.attachments, '[]'::json), 'replyToSeq', m.reply_to_seq,
  'mentions', COALESCE(to_json(m.mentions), '[]'::json), 'reactions', ${reactionsJson},
  'editedAt', to_char(m.edited_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'deletedAt', to_char(m.deleted_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
  ELSE json_build_object(${always}, 'attachments', '[]'::json, 'replyToSeq', NULL, 'mentions', '[]'::json,
  'reactions', '[]'::json, 'editedAt', NULL, 'deletedAt', NULL, 'system', (
    SELECT CASE WHEN l.event <> 'called' THEN json_build_object(${whatWasDone}) ELSE json_build_object(${whatWasDone},
      'call', json_build_object('ending', l.call_ending, 'seconds', l.call_seconds)) END
    FROM system_lines l WHERE l.conversation_id = m.conversation_id AND l.seq = m.seq)) END`;

/**
 * One page of a conversation.
 * - `after`: the first messages behind it, ascending. `before`: the last ones in front of it. Neither: the newest.
 * - `userId` null reads for a gateway's ring, with no person's history limits.
 */
export interface PageRequest {
  conversationId: string;
  userId: string | null;
  after?: number | undefined;
  before?: number | undefined;
  /** With `after`: also what is not behind it and changed after this change. */
  change?: number | undefined;
  /** With `after`: how many visible messages to pass over first (page numbers). */
  skip?: number;
  limit: number;
}

export interface MessagePage {
  /**
   * Ascending by seq. With `change` the older ones that changed stand before them, ascending by change; where these
   * fill the page, nothing newer is in it.
   */
  messages: Message[];
  lastSeq: number;
  lastChange: number;
  /** What this person may not see: everything up to and including this seq. */
  floor: number;
  /** Of the same snapshot: see `store/src/members.ts`. */
  roster: number;
}

/*
 * What changed is looked up behind a fence: with the seqs beside it, a plan made before the table was first analyzed
 * walked the whole conversation by its key, 7 ms for one of 20,000 messages instead of 0.4.
 */
const text = `
SELECT i.ord, v.last_seq AS "lastSeq", v.last_change AS "lastChange", v.roster, b.floor, h.messages AS altered, COALESCE(
    CASE WHEN i.a IS NULL THEN
      (SELECT json_agg(x.j ORDER BY x.seq) FROM (
        SELECT m.seq, ${messageJson} AS j FROM messages m
        WHERE m.conversation_id = i.c AND m.seq > b.floor AND m.seq < i.b
        ORDER BY m.seq DESC LIMIT i.n) x)
    ELSE
      (SELECT json_agg(x.j ORDER BY x.seq) FROM (
        SELECT m.seq, ${messageJson} AS j FROM messages m
        WHERE m.conversation_id = i.c AND m.seq > GREATEST(i.a, b.floor) + i.k
        ORDER BY m.seq LIMIT i.n - COALESCE(json_array_length(h.messages), 0)) x)
    END, '[]'::json) AS messages
FROM json_to_recordset($1::json) AS i(ord int, c uuid, u text, a bigint, b bigint, h bigint, k bigint, n int)
JOIN conversations v ON v.id = i.c
LEFT JOIN members p ON p.conversation_id = i.c AND p.user_id = i.u AND p.left_at IS NULL
LEFT JOIN LATERAL (
  SELECT id FROM users
  WHERE v.kind = 'support' AND p.user_id IS NULL AND id = i.u AND role IN ('agent', 'admin') LIMIT 1) agent ON true
CROSS JOIN LATERAL (SELECT COALESCE(GREATEST(p.joined_seq, p.cleared_seq), 0) AS floor) b
LEFT JOIN LATERAL (
  SELECT json_agg(x.j ORDER BY x.change) AS messages FROM (
    SELECT m.change, ${messageJson} AS j FROM (
      SELECT * FROM messages WHERE conversation_id = i.c AND altered AND change > i.h ORDER BY change OFFSET 0) m
    WHERE m.seq > b.floor AND m.seq <= i.a
    ORDER BY m.change LIMIT i.n) x) h ON i.h IS NOT NULL
WHERE i.u IS NULL OR p.user_id IS NOT NULL OR agent.id IS NOT NULL
ORDER BY i.ord`;

/**
 * Reads pages of many conversations in one statement, so head and messages are of one snapshot.
 * @returns in the order of the requests; null where the conversation is absent or not this person's
 */
export async function readPages(reader: Reader, requests: PageRequest[]): Promise<(MessagePage | null)[]> {
  const input = requests.map((request, ord) => ({
    ord,
    c: request.conversationId,
    u: request.userId,
    a: request.after ?? null,
    b: request.before ?? Number.MAX_SAFE_INTEGER,
    h: request.change ?? null,
    k: request.skip ?? 0,
    n: request.limit,
  }));
  const rows = await reader.query<MessagePage & { ord: number; altered: Message[] | null }>({
    name: "read-pages",
    text,
    values: [JSON.stringify(input)],
  });
  const pages: (MessagePage | null)[] = requests.map(() => null);
  for (const { ord, altered, ...page } of rows)
    pages[ord] = altered ? { ...page, messages: [...altered, ...page.messages] } : page;
  return pages;
}

export interface Head {
  lastSeq: number;
  lastChange: number;
  roster: number;
}

export async function readHeads(database: Database, conversationIds: string[]): Promise<Map<string, Head>> {
  const rows = await database.query<{ id: string } & Head>({
    name: "read-heads",
    text: `SELECT id, last_seq AS "lastSeq", last_change AS "lastChange", roster FROM conversations WHERE id = ANY ($1::uuid[])`,
    values: [conversationIds],
  });
  return new Map(rows.map(({ id, ...head }) => [id, head]));
}
