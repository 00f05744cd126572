import { CodedError } from "@parloir/contracts/errors.ts";
import type { ConversationKind, Subject } from "@parloir/contracts/shapes.ts";
import { type Origin, record } from "./audit.ts";
import { agentRoles } from "./conversations.ts";
import { noteOpened } from "./cycles.ts";
import type { Database } from "./database.ts";
import { raiseRoster } from "./members.ts";
import { type Line, writeLine } from "./system-lines.ts";

export interface NewConversation {
  kind: ConversationKind;
  createdBy: string | null;
  memberIds: string[];
  /** direct: the two in order; support: the customer and null; null for groups. */
  pair: [string, string | null] | null;
  subject: Subject | null;
}

/**
 * Creates, or answers with the one that exists. Racing callers get the same id: the unique index decides, and
 * `DO UPDATE` (rather than DO NOTHING) makes the loser wait for and see the winner's row.
 * @throws CodedError NOT_FOUND when a member does not exist
 */
export async function createOrGetConversation(
  database: Database,
  conversation: NewConversation,
  origin: Origin,
): Promise<{ id: string; created: boolean; added: string[]; lines: Line[] }> {
  const { pair, subject } = conversation;
  return database.transaction(async (query) => {
    const rows = await query<{ id: string; created: boolean }>({
      name: "create-conversation",
      text: `INSERT INTO conversations (kind, pair_low, pair_high, subject_type, subject_id, subject_title, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (kind, pair_low, pair_high, subject_type, subject_id) WHERE kind IN ('direct', 'support')
        DO UPDATE SET subject_type = conversations.subject_type
        RETURNING id, xmax = 0 AS created`,
      values: [
        conversation.kind,
        pair?.[0] ?? null,
        pair?.[1] ?? null,
        subject?.type ?? null,
        subject?.id ?? null,
        subject?.title ?? null,
        conversation.createdBy,
      ],
    });
    const { id, created } = rows[0]!;
    if (created) await noteOpened(query, id);
    // A host names all members, also of a conversation that exists; a person only ever asks for their own.
    if (!created && conversation.createdBy !== null)
      return { id, created, added: await unhide(query, id, conversation.createdBy), lines: [] };
    await requirePeople(query, conversation.memberIds);
    const added = await addMembers(query, id, conversation.memberIds);
    // Creating writes no line: a first message is number 1.
    const lines: Line[] = [];
    if (!created && added.length > 0) await raiseRoster(query, id);
    for (const personId of created ? [] : added) {
      await record(query, origin, { action: "member.added", target: id, details: { userId: personId } });
      lines.push(await writeLine(query, id, "member_added", { actorId: null, personId }));
    }
    return { id, created, added, lines };
  });
}

/**
 * Nobody is brought into a conversation who was erased. FOR SHARE makes an erasure that begins now wait, so that it
 * finds this membership; in id order, as everybody takes people.
 */
async function requirePeople(query: Database["query"], userIds: string[]): Promise<void> {
  const wanted = [...new Set(userIds)];
  const found = await query({
    name: "require-people",
    text: "SELECT 1 FROM users WHERE id = ANY ($1) AND erased_at IS NULL ORDER BY id FOR SHARE",
    values: [wanted],
  });
  if (found.length < wanted.length) throw new CodedError("NOT_FOUND", "no such person");
}

/**
 * Makes people members who are none, within a transaction that holds the conversation's row; who comes back is new, as
 * in `enter`. In id order, so that two conversations made for the same people cannot deadlock on the users' rows.
 */
async function addMembers(
  query: Database["query"],
  conversationId: string,
  userIds: string[],
): Promise<string[]> {
  const rows = await query<{ user_id: string }>({
    name: "add-members",
    text: `INSERT INTO members (conversation_id, user_id, joined_seq)
      SELECT v.id, w.id, CASE WHEN v.kind = 'support' AND u.role IN ${agentRoles} THEN 0 ELSE v.last_seq END
      FROM conversations v CROSS JOIN unnest($2::text[]) AS w(id) LEFT JOIN users u ON u.id = w.id
      WHERE v.id = $1 ORDER BY w.id
      ON CONFLICT (conversation_id, user_id) DO UPDATE
      SET joined_seq = EXCLUDED.joined_seq, left_at = NULL, cleared_at = NULL, archived_at = NULL, muted_until = NULL
      WHERE members.left_at IS NOT NULL
      RETURNING user_id`,
    values: [conversationId, [...new Set(userIds)]],
  });
  return rows.map((row) => row.user_id);
}

/** Whoever asks for a conversation that they deleted for themselves wants it back, with its history still gone. */
async function unhide(query: Database["query"], conversationId: string, userId: string): Promise<string[]> {
  const rows = await query<{ user_id: string }>({
    name: "unhide-conversation",
    text: `UPDATE members SET cleared_at = NULL, archived_at = NULL
      WHERE conversation_id = $1 AND user_id = $2 AND (cleared_at IS NOT NULL OR archived_at IS NOT NULL)
      RETURNING user_id`,
    values: [conversationId, userId],
  });
  return rows.map((row) => row.user_id);
}
