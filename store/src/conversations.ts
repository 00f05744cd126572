import type { SessionHead } from "@parloir/contracts/internal.ts";
import type { Conversation, SharedConversation } from "@parloir/contracts/shapes.ts";
import type { Database } from "./database.ts";
import { messageJson } from "./messages.ts";

/** The seq of the last message of a conversation `v` that is no system line; 0 for none. */
const lastSaid = `CASE WHEN v.last_seq > v.line_seq THEN v.last_seq ELSE v.said_seq END`;

/**
 * Messages of a conversation `v` after a seq, system lines left out. Never a count, so it costs the same for any
 * backlog: only where a line lies behind the seq is it looked up, in one probe, how many lines came before.
 */
export const unreadAfter = (seq: string) => `GREATEST(v.last_seq - ${seq} - CASE WHEN v.line_seq > ${seq} THEN
  v.line_count - COALESCE((SELECT l.number FROM system_lines l
    WHERE l.conversation_id = v.id AND l.seq <= ${seq} ORDER BY l.seq DESC LIMIT 1), 0) ELSE 0 END, 0)`;
/** Of a member row `p` and its conversation `v`. */
export const unreadOf = unreadAfter("GREATEST(p.last_read_seq, p.joined_seq, p.cleared_seq)");
/** Out of the lists after «delete for me», until a later message brings it back; a system line does not. */
export const isListed = `(p.cleared_at IS NULL OR ${lastSaid} > p.cleared_seq)`;

/** Of a member row `p`: everything up to and including this seq is hidden from them. An agent without one sees all. */
export const floorOf = `COALESCE(GREATEST(p.joined_seq, p.cleared_seq), 0)`;
/** Agents see every support conversation; what they have not joined is never unread for them. */
export const agentRoles = `('agent', 'admin')`;

/** What everyone who may see everything after `floor` may see of a conversation `v`. */
const sharedColumns = (floor: string) => `
  v.id, v.kind, v.status, v.assignee_id AS "assigneeId", v.last_seq AS "lastSeq", v.last_change AS "lastChange",
  v.cycle, v.created_at AS "createdAt", v.updated_at AS "updatedAt",
  CASE WHEN v.subject_type IS NOT NULL THEN
    json_build_object('type', v.subject_type, 'id', v.subject_id, 'title', v.subject_title) END AS subject,
  (SELECT json_agg(json_strip_nulls(json_build_object('userId', u.id, 'name', u.name, 'avatarUrl', u.avatar_url,
      'role', u.role, 'lastReadSeq', o.last_read_seq)) ORDER BY u.id)
    FROM members o JOIN users u ON u.id = o.user_id
    WHERE o.conversation_id = v.id AND o.left_at IS NULL) AS participants,
  (SELECT ${messageJson} FROM messages m
    WHERE m.conversation_id = v.id AND m.seq = ${lastSaid} AND m.seq > ${floor}) AS "lastMessage"`;

export const conversationColumns = `${sharedColumns(floorOf)},
  COALESCE(p.last_read_seq, 0) AS "lastReadSeq", ${unreadOf} AS "unreadCount",
  p.archived_at IS NOT NULL AS archived, p.muted_until AS "mutedUntil"`;

export async function findConversation(
  database: Pick<Database, "query">,
  id: string,
  userId: string,
): Promise<Conversation | null> {
  const rows = await database.query<Conversation>({
    name: "find-conversation",
    text: `SELECT ${conversationColumns} FROM conversations v
      LEFT JOIN members p ON p.conversation_id = v.id AND p.user_id = $2 AND p.left_at IS NULL
      WHERE v.id = $1 AND (p.user_id IS NOT NULL OR (v.kind = 'support'
        AND EXISTS (SELECT FROM users u WHERE u.id = $2 AND u.role IN ${agentRoles})))`,
    values: [id, userId],
  });
  return rows[0] ?? null;
}

/**
 * What all members may see, for everyone at once: the last message is left out when it is hidden from one of them,
 * who joined after it or has deleted it for themselves.
 */
export async function findSharedConversation(
  query: Database["query"],
  id: string,
): Promise<SharedConversation | null> {
  const rows = await query<SharedConversation>({
    name: "find-shared-conversation",
    text: `SELECT ${sharedColumns("b.floor")} FROM conversations v
      CROSS JOIN LATERAL (
        SELECT COALESCE(max(${floorOf}), 0) AS floor FROM members p
        WHERE p.conversation_id = v.id AND p.left_at IS NULL) b
      WHERE v.id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** Support conversations among these, as every agent may see them: nobody's history limits apply. */
export async function findForAgents(database: Database, ids: string[]): Promise<SharedConversation[]> {
  return database.query<SharedConversation>({
    name: "find-for-agents",
    text: `SELECT ${sharedColumns("0")} FROM conversations v WHERE v.id = ANY ($1::uuid[]) AND v.kind = 'support'`,
    values: [ids],
  });
}

/** The heads of each person's most recently active conversations, at most `limit` a person, in one statement. */
export async function headsOfPeople(
  database: Database,
  userIds: string[],
  limit: number,
): Promise<Map<string, SessionHead[]>> {
  const rows = await database.query<{ user_id: string; heads: SessionHead[] }>({
    name: "heads-of-people",
    text: `SELECT i.user_id, h.heads FROM (SELECT DISTINCT unnest($1::text[]) AS user_id) i
      CROSS JOIN LATERAL (
        SELECT COALESCE(json_agg(json_build_object('id', x.id, 'lastSeq', x.last_seq, 'lastChange', x.last_change, 'lastReadSeq', x.last_read_seq,
          'unreadCount', x.unread, 'floor', x.floor, 'roster', x.roster, 'hidden', x.hidden) ORDER BY x.updated_at DESC, x.id DESC), '[]'::json) AS heads
        FROM (
          SELECT v.id, v.last_seq, v.last_change, v.roster, v.updated_at, p.last_read_seq, ${unreadOf} AS unread,
            ${floorOf} AS floor, NOT ${isListed} AS hidden
          FROM members p
          CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id LIMIT 1) v
          WHERE p.user_id = i.user_id AND p.left_at IS NULL
          ORDER BY v.updated_at DESC, v.id DESC LIMIT $2) x) h`,
    values: [userIds, limit],
  });
  return new Map(rows.map((row) => [row.user_id, row.heads]));
}

/**
 * Deletes for one person: what is there now is gone for them, and counts no longer as unread. Their read mark, which
 * the others see, stays where it is. False when they are not a member.
 */
export async function clearConversation(database: Database, id: string, userId: string): Promise<boolean> {
  const rows = await database.query({
    name: "clear-conversation",
    text: `UPDATE members p SET cleared_seq = v.last_seq, cleared_at = now()
      FROM conversations v
      WHERE v.id = $1 AND p.conversation_id = $1 AND p.user_id = $2 AND p.left_at IS NULL RETURNING 1`,
    values: [id, userId],
  });
  return rows.length > 0;
}

/** All there are, by pages: those after `after` in id order. */
export async function listConversationIds(
  database: Database,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await database.query<{ id: string }>({
    name: "list-conversation-ids",
    text: `SELECT id FROM conversations WHERE id > COALESCE($1::uuid, '00000000-0000-0000-0000-000000000000')
      ORDER BY id LIMIT $2`,
    values: [after, limit],
  });
  return rows.map((row) => row.id);
}
