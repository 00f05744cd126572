import { attachmentJson } from "./attachments.ts";
import type { Database, Row } from "./database.ts";

/** All that is stored about a person, part by part and page by page: somebody's whole life fits no single answer. */

/** `$1` person, `$2` the last key of the page before (null for the first), `$3` page size. Selects `key` and `row`. */
const parts = {
  conversations: `SELECT v.id::text AS key, json_build_object('id', v.id, 'kind', v.kind, 'status', v.status,
      'subject', CASE WHEN v.subject_type IS NOT NULL THEN
        json_build_object('type', v.subject_type, 'id', v.subject_id, 'title', v.subject_title) END,
      'createdAt', v.created_at, 'lastReadSeq', p.last_read_seq, 'archivedAt', p.archived_at,
      'mutedUntil', p.muted_until, 'leftAt', p.left_at, 'participants', (
        SELECT json_agg(json_build_object('userId', u.id, 'name', u.name) ORDER BY u.id)
        FROM members o JOIN users u ON u.id = o.user_id WHERE o.conversation_id = v.id)) AS row
    FROM members p JOIN conversations v ON v.id = p.conversation_id
    WHERE p.user_id = $1 AND ($2::text IS NULL OR p.conversation_id > $2::uuid) ORDER BY p.conversation_id LIMIT $3`,
  notifications: `SELECT n.id::text AS key, to_jsonb(n) - 'user_id' AS row FROM notifications n
    WHERE n.user_id = $1 AND ($2::text IS NULL OR n.id > $2::uuid) ORDER BY n.id LIMIT $3`,
  notices: `SELECT n.id::text AS key, to_jsonb(n) - 'user_id' - 'cursor' AS row FROM notices n
    WHERE n.user_id = $1 AND ($2::text IS NULL OR n.id > $2::uuid) ORDER BY n.id LIMIT $3`,
  preferences: `SELECT '' AS key, to_jsonb(n) - 'user_id' AS row FROM notification_preferences n
    WHERE n.user_id = $1 AND $2::text IS NULL LIMIT $3`,
  pushSubscriptions: `SELECT s.id::text AS key, json_build_object('endpoint', s.endpoint, 'createdAt', s.created_at) AS row
    FROM push_subscriptions s WHERE s.user_id = $1 AND ($2::text IS NULL OR s.id > $2::uuid) ORDER BY s.id LIMIT $3`,
  deliveries: `SELECT d.id::text AS key, json_build_object('channel', d.channel, 'conversationId', d.conversation_id,
      'seq', d.seq, 'state', d.state, 'createdAt', d.created_at, 'doneAt', d.done_at) AS row
    FROM deliveries d WHERE d.user_id = $1 AND ($2::text IS NULL OR d.id > $2::uuid) ORDER BY d.id LIMIT $3`,
  blocks: `SELECT b.blocked_id AS key, json_build_object('userId', b.blocked_id, 'createdAt', b.created_at) AS row
    FROM blocks b WHERE b.blocker_id = $1 AND ($2::text IS NULL OR b.blocked_id > $2) ORDER BY b.blocked_id LIMIT $3`,
  reactions: `SELECT concat_ws(' ', r.conversation_id, lpad(r.seq::text, 20, '0'), r.emoji) AS key, json_build_object(
      'conversationId', r.conversation_id, 'seq', r.seq, 'emoji', r.emoji) AS row
    FROM members p JOIN reactions r ON r.conversation_id = p.conversation_id AND r.user_id = p.user_id
    WHERE p.user_id = $1 AND ($2::text IS NULL
      OR concat_ws(' ', r.conversation_id, lpad(r.seq::text, 20, '0'), r.emoji) COLLATE "C" > $2)
    ORDER BY concat_ws(' ', r.conversation_id, lpad(r.seq::text, 20, '0'), r.emoji) COLLATE "C" LIMIT $3`,
  /** What edited messages of theirs said before. */
  edits: `SELECT concat_ws(' ', e.conversation_id, lpad(e.seq::text, 20, '0'), lpad(e.change::text, 20, '0')) AS key,
      json_build_object('conversationId', e.conversation_id, 'seq', e.seq, 'content', e.content,
        'writtenAt', e.written_at) AS row
    FROM members p JOIN message_edits e ON e.conversation_id = p.conversation_id
    JOIN messages m ON m.conversation_id = e.conversation_id AND m.seq = e.seq AND m.sender_id = p.user_id
    WHERE p.user_id = $1 AND ($2::text IS NULL
      OR concat_ws(' ', e.conversation_id, lpad(e.seq::text, 20, '0'), lpad(e.change::text, 20, '0')) > $2)
    ORDER BY key LIMIT $3`,
  /** Where the person came, went, took over, closed. */
  systemLines: `SELECT concat_ws(' ', l.conversation_id, lpad(l.seq::text, 20, '0')) AS key, json_build_object(
      'conversationId', l.conversation_id, 'seq', l.seq, 'event', l.event, 'actorId', l.actor_id,
      'personId', l.person_id, 'callEnding', l.call_ending, 'callSeconds', l.call_seconds) AS row
    FROM (
      SELECT conversation_id AS id FROM members WHERE user_id = $1
      UNION SELECT conversation_id FROM system_lines WHERE actor_id = $1) v
    JOIN system_lines l ON l.conversation_id = v.id AND $1 IN (l.actor_id, l.person_id)
    WHERE $2::text IS NULL OR concat_ws(' ', l.conversation_id, lpad(l.seq::text, 20, '0')) > $2
    ORDER BY key LIMIT $3`,
  attachments: `SELECT a.id::text AS key, ${attachmentJson}::jsonb || jsonb_build_object(
      'conversationId', a.conversation_id, 'seq', a.seq, 'createdAt', a.created_at) AS row
    FROM attachments a WHERE a.owner_id = $1 AND a.removed_at IS NULL AND ($2::text IS NULL OR a.id > $2::uuid)
    ORDER BY a.id LIMIT $3`,
  channels: `SELECT c.channel AS key, to_json(c.channel) AS row FROM channel_members c
    WHERE c.user_id = $1 AND ($2::text IS NULL OR c.channel > $2) ORDER BY c.channel LIMIT $3`,
  sessions: `SELECT s.id::text AS key,
      json_build_object('createdAt', s.created_at, 'usedAt', s.rotated_at, 'expiresAt', s.expires_at) AS row
    FROM sessions s WHERE s.user_id = $1 AND ($2::text IS NULL OR s.id > $2::uuid) ORDER BY s.id LIMIT $3`,
  notes: `SELECT n.id::text AS key, json_build_object('conversationId', n.conversation_id, 'afterSeq', n.after_seq,
      'content', n.content, 'createdAt', n.created_at) AS row
    FROM notes n WHERE n.author_id = $1 AND ($2::text IS NULL OR n.id > $2::uuid) ORDER BY n.id LIMIT $3`,
  audit: `SELECT lpad(a.id::text, 20, '0') AS key, json_build_object('at', a.at, 'action', a.action,
      'actor', a.actor_id, 'target', a.target, 'address', CASE WHEN a.actor_id = $1 THEN a.address END) AS row
    FROM audit a WHERE (a.actor_id = $1 OR a.target = $1) AND ($2::text IS NULL OR a.id > $2::bigint)
    ORDER BY a.id LIMIT $3`,
  /** What agents noted in the person's own support conversations. */
  notesAbout: `SELECT n.id::text AS key, json_build_object('conversationId', n.conversation_id,
      'authorId', n.author_id, 'afterSeq', n.after_seq, 'content', n.content, 'createdAt', n.created_at) AS row
    FROM conversations v JOIN notes n ON n.conversation_id = v.id
    WHERE v.kind = 'support' AND v.pair_low = $1 AND ($2::text IS NULL OR n.id > $2::uuid) ORDER BY n.id LIMIT $3`,
} as const;

export type ExportPart = keyof typeof parts;
export const exportParts = Object.keys(parts) as ExportPart[];
/** An operator decides whether they are handed on; the person is not shown them by this system. */
export const operatorsParts: ReadonlySet<ExportPart> = new Set<ExportPart>(["notesAbout"]);

const pageSize = 500;

export async function* exportRows(
  database: Database,
  part: ExportPart,
  userId: string,
): AsyncGenerator<unknown> {
  for (let after: string | null = null; ; ) {
    const rows: { key: string; row: unknown }[] = await database.query({
      name: `export-${part}`,
      text: parts[part],
      values: [userId, after, pageSize],
    });
    for (const { row } of rows) yield row;
    if (rows.length < pageSize) return;
    after = rows.at(-1)!.key;
  }
}

/** Everything that the person sent, conversation by conversation. Of what others sent, nothing. */
export async function* exportMessages(database: Database, userId: string): AsyncGenerator<Row> {
  for (let after: string | null = null; ; ) {
    const ids: { id: string; lastSeq: number }[] = await database.query({
      name: "export-message-conversations",
      text: `SELECT v.id, v.last_seq AS "lastSeq" FROM members p JOIN conversations v ON v.id = p.conversation_id
        WHERE p.user_id = $1 AND ($2::uuid IS NULL OR p.conversation_id > $2) ORDER BY p.conversation_id LIMIT $3`,
      values: [userId, after, pageSize],
    });
    for (const { id, lastSeq } of ids) yield* messagesIn(database, userId, id, lastSeq);
    if (ids.length < pageSize) return;
    after = ids.at(-1)!.id;
  }
}

/** By windows of seqs, so that a long conversation of others costs many short reads and no long one. */
const windowOfSeqs = 5_000;

async function* messagesIn(
  database: Database,
  userId: string,
  conversationId: string,
  lastSeq: number,
): AsyncGenerator<Row> {
  for (let after = 0; after < lastSeq; after += windowOfSeqs) {
    yield* await database.query<Row>({
      name: "export-messages",
      text: `SELECT conversation_id AS "conversationId", seq, id, kind, content, reply_to_seq AS "replyToSeq",
          COALESCE(mentions, '{}') AS mentions, created_at AS "createdAt", edited_at AS "editedAt",
          deleted_at AS "deletedAt"
        FROM messages WHERE conversation_id = $1 AND seq > $2 AND seq <= $3 AND sender_id = $4 ORDER BY seq`,
      values: [conversationId, after, after + windowOfSeqs, userId],
    });
  }
}
