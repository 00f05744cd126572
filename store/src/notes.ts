import { CodedError } from "@parloir/contracts/errors.ts";
import type { Note } from "@parloir/contracts/shapes.ts";
import { agentRoles } from "./conversations.ts";
import type { Database } from "./database.ts";
import { lock } from "./members.ts";

/**
 * Private notes between agents. Whoever writes or reads them is an agent by the database's word at that moment, not
 * by a role that an api remembers. Nothing here touches the conversation's row: its customer sees that row change.
 */

type Query = Database["query"];

const columns = `n.conversation_id AS "conversationId", n.id, n.after_seq AS "afterSeq", n.author_id AS "authorId",
  n.content, n.created_at AS "createdAt"`;

export interface NewNote {
  conversationId: string;
  authorId: string;
  clientNoteId: string;
  content: string;
}

/**
 * The same id again answers the first note.
 * @throws CodedError NOT_FOUND, FORBIDDEN, INVALID; CONFLICT when the id was used for another text
 */
export function addNote(database: Database, note: NewNote): Promise<{ note: Note; created: boolean }> {
  return database.transaction(async (query) => {
    // One after the other: ids rise in the order in which the notes become visible, so no page skips one.
    const locked = await lock(query, note.conversationId, note.authorId);
    if (!locked) throw new CodedError("NOT_FOUND", "no such conversation");
    await requireAgent(query, note.conversationId, note.authorId);
    const values = [note.conversationId, note.authorId, note.clientNoteId];
    const created = await query<Note>({
      name: "add-note",
      text: `INSERT INTO notes AS n (conversation_id, author_id, client_note_id, content, after_seq, created_at)
        VALUES ($1, $2, $3, $4, $5, clock_timestamp())
        ON CONFLICT (conversation_id, author_id, client_note_id) DO NOTHING RETURNING ${columns}`,
      values: [...values, note.content, locked.lastSeq],
    });
    if (created[0]) return { note: created[0], created: true };
    const [stored] = await query<Note>({
      name: "find-note",
      text: `SELECT ${columns} FROM notes n
        WHERE n.conversation_id = $1 AND n.author_id = $2 AND n.client_note_id = $3`,
      values,
    });
    if (stored!.content !== note.content)
      throw new CodedError("CONFLICT", "clientNoteId was used for another note");
    return { note: stored!, created: false };
  });
}

/** Oldest first. @throws CodedError NOT_FOUND, FORBIDDEN, INVALID */
export async function listNotes(
  database: Database,
  page: { conversationId: string; readerId: string; after: string | null; limit: number },
): Promise<Note[]> {
  await requireAgent(database.query, page.conversationId, page.readerId);
  return database.query<Note>({
    name: "list-notes",
    text: `SELECT ${columns} FROM notes n
      WHERE n.conversation_id = $1 AND ($2::uuid IS NULL OR n.id > $2) ORDER BY n.id LIMIT $3`,
    values: [page.conversationId, page.after, page.limit],
  });
}

/** Others are told so where they are members, and nothing at all where they are not. */
async function requireAgent(query: Query, conversationId: string, userId: string): Promise<void> {
  const [seen] = await query<{ isSupport: boolean; isAgent: boolean; isMember: boolean }>({
    name: "may-see-notes",
    text: `SELECT v.kind = 'support' AS "isSupport", u.role IN ${agentRoles} AS "isAgent",
        EXISTS (SELECT FROM members p WHERE p.conversation_id = v.id AND p.user_id = u.id AND p.left_at IS NULL)
          AS "isMember"
      FROM conversations v JOIN users u ON u.id = $2 WHERE v.id = $1`,
    values: [conversationId, userId],
  });
  if (!seen || !(seen.isMember || (seen.isAgent && seen.isSupport)))
    throw new CodedError("NOT_FOUND", "no such conversation");
  if (!seen.isAgent) throw new CodedError("FORBIDDEN", "only agents do this");
  if (!seen.isSupport) throw new CodedError("INVALID", "not a support conversation");
}

/** Which of these pairs may be in the team's room of a conversation: agents, and support conversations. */
export async function mayJoinTeams(
  database: Database,
  items: { conversationId: string; userId: string }[],
): Promise<boolean[]> {
  const rows = await database.query<{ ord: number }>({
    name: "may-join-teams",
    text: `SELECT i.ord FROM json_to_recordset($1::json) AS i(ord int, "conversationId" uuid, "userId" text)
      JOIN conversations v ON v.id = i."conversationId" AND v.kind = 'support'
      JOIN users u ON u.id = i."userId" AND u.role IN ${agentRoles}`,
    values: [JSON.stringify(items.map((item, ord) => ({ ord, ...item })))],
  });
  const may = new Set(rows.map((row) => row.ord));
  return items.map((_, ord) => may.has(ord));
}
