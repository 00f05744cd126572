import { maxReactions } from "@parloir/contracts/emoji.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { ChangeItem } from "@parloir/contracts/internal.ts";
import type { Message, MessageEdit } from "@parloir/contracts/shapes.ts";
import { detachAttachments } from "./attachments.ts";
import { agentRoles, floorOf } from "./conversations.ts";
import type { Database } from "./database.ts";
import { lock } from "./members.ts";
import { messageJson } from "./messages.ts";

/**
 * What happens to a message after it was sent: edited, deleted, reacted to. Who may do what: docs/decisions/0015.
 *
 * Every change takes its conversation's row first, as the group commit does, and then the next `change`: so changes
 * and sends of a conversation have one order without a gap, and one that waited decides on what is there now, not on
 * what there was when it began. What is wanted and is so already takes no number: asked again, it changes nothing.
 */

type Query = Database["query"];
type Address = Pick<ChangeItem, "conversationId" | "seq" | "userId">;

export interface Change {
  /** As it stands after the change. */
  message: Message;
  /** False when it was so before: nobody needs to hear of it. */
  changed: boolean;
  /** A reaction that was not there before. */
  created: boolean;
}

/**
 * @param blocksBothWays a block refuses the one who blocked as well
 * @throws CodedError NOT_FOUND, FORBIDDEN, CONFLICT, INVALID
 */
export function applyChange(database: Database, item: ChangeItem, blocksBothWays: boolean): Promise<Change> {
  return database.transaction(async (query) => {
    if (!(await lock(query, item.conversationId, item.userId))) throw notFound();
    const target = await findTarget(query, item, blocksBothWays);
    if (!target) throw notFound();
    if (target.kind === "system") throw new CodedError("INVALID", "a system line stays as it is");
    if (target.requests?.includes(item.requestId)) return unchanged(query, item);
    if (item.kind === "edit") return edit(query, item, target);
    if (item.kind === "delete") return erase(query, item, target);
    return react(query, item, target);
  });
}

interface Target {
  senderId: string;
  kind: Message["kind"];
  content: string;
  hasAttachments: boolean;
  requests: string[] | null;
  isDeleted: boolean;
  isMember: boolean;
  isAgent: boolean;
  isBlocked: boolean;
}

/** The message as this person may see it; undefined where there is none, or none for them. */
async function findTarget(query: Query, item: Address, blocksBothWays: boolean): Promise<Target | undefined> {
  const rows = await query<Target>({
    name: "find-change-target",
    text: `SELECT m.sender_id AS "senderId", m.kind, m.content, m.attachments IS NOT NULL AS "hasAttachments",
        m.requests::text[] AS requests, m.deleted_at IS NOT NULL AS "isDeleted",
        p.user_id IS NOT NULL AS "isMember", agent.id IS NOT NULL AS "isAgent",
        EXISTS (
          SELECT FROM blocks WHERE v.kind = 'direct' AND blocker_id = ANY (ARRAY[v.pair_low, v.pair_high])
            AND blocked_id = ANY (ARRAY[v.pair_low, v.pair_high]) AND ($4::boolean OR blocked_id = $3)) AS "isBlocked"
      FROM conversations v
      LEFT JOIN members p ON p.conversation_id = v.id AND p.user_id = $3 AND p.left_at IS NULL
      LEFT JOIN users agent ON v.kind = 'support' AND agent.id = $3 AND agent.role IN ${agentRoles}
      JOIN messages m ON m.conversation_id = v.id AND m.seq = $2 AND m.seq > ${floorOf}
      WHERE v.id = $1 AND (p.user_id IS NOT NULL OR agent.id IS NOT NULL)`,
    values: [item.conversationId, item.seq, item.userId, blocksBothWays],
  });
  return rows[0];
}

async function edit(query: Query, item: ChangeItem & { kind: "edit" }, target: Target): Promise<Change> {
  if (!isOwn(item, target)) throw notFound();
  if (target.isDeleted) throw deleted();
  if (target.kind !== "text") throw new CodedError("INVALID", "only a text can be edited");
  if (item.content === "" && !target.hasAttachments) throw new CodedError("INVALID", "content is empty");
  if (target.isBlocked) throw blocked();
  if (target.content === item.content) return unchanged(query, item);
  await query({
    name: "keep-edited",
    text: `INSERT INTO message_edits (conversation_id, seq, change, content, written_at)
      SELECT m.conversation_id, m.seq, v.last_change + 1, m.content, COALESCE(m.edited_at, m.created_at)
      FROM messages m JOIN conversations v ON v.id = m.conversation_id
      WHERE m.conversation_id = $1 AND m.seq = $2`,
    values: [item.conversationId, item.seq],
  });
  return alter(query, "edit-message", item, "content = $3, edited_at = clock_timestamp()", [item.content]);
}

/** What was said is gone, with everything it said before; that something was said, and its place, stays. */
async function erase(query: Query, item: ChangeItem, target: Target): Promise<Change> {
  if (!isOwn(item, target) && !target.isAgent) throw notFound();
  if (target.isDeleted) return unchanged(query, item);
  for (const table of ["message_edits", "reactions"])
    await query({
      name: `erase-${table}`,
      text: `DELETE FROM ${table} WHERE conversation_id = $1 AND seq = $2`,
      values: [item.conversationId, item.seq],
    });
  await detachAttachments(query, item.conversationId, item.seq);
  const set = "content = '', mentions = NULL, deleted_at = clock_timestamp(), deleted_by = $3";
  return alter(query, "delete-message", item, set, [item.userId]);
}

async function react(query: Query, item: ChangeItem & { kind: "react" }, target: Target): Promise<Change> {
  if (target.isDeleted) throw deleted();
  if (item.on && target.isBlocked) throw blocked();
  const changed = await (item.on ? addReaction : removeReaction)(query, item);
  if (!changed) return unchanged(query, item);
  return { ...(await alter(query, "touch-message", item, "", [])), created: item.on };
}

async function addReaction(query: Query, item: ChangeItem & { kind: "react" }): Promise<boolean> {
  const { conversationId, seq, userId, emoji } = item;
  const rows = await query<{ present: boolean; others: number }>({
    name: "count-reactions",
    text: `SELECT COALESCE(bool_or(emoji = $3 AND user_id = $4), false) AS present,
        count(DISTINCT emoji) FILTER (WHERE emoji <> $3) AS others
      FROM reactions WHERE conversation_id = $1 AND seq = $2`,
    values: [conversationId, seq, emoji, userId],
  });
  const { present, others } = rows[0]!;
  if (present) return false;
  if (others >= maxReactions)
    throw new CodedError("CONFLICT", `a message carries at most ${maxReactions} different emoji`);
  await query({
    name: "add-reaction",
    text: `INSERT INTO reactions (conversation_id, seq, user_id, emoji, change)
      SELECT $1, $2, $3, $4, last_change + 1 FROM conversations WHERE id = $1`,
    values: [conversationId, seq, userId, emoji],
  });
  return true;
}

async function removeReaction(query: Query, item: ChangeItem & { kind: "react" }): Promise<boolean> {
  const rows = await query({
    name: "remove-reaction",
    text: `DELETE FROM reactions WHERE conversation_id = $1 AND seq = $2 AND user_id = $3 AND emoji = $4 RETURNING 1`,
    values: [item.conversationId, item.seq, item.userId, item.emoji],
  });
  return rows.length > 0;
}

/** A request comes again within seconds: behind so many other changes of one message it is not looked for. */
const requestsKept = 32;

/** Takes the next `change` and gives it to the message. Activity and unread counts are the messages' own. */
async function alter(
  query: Query,
  name: string,
  { requestId, conversationId, seq }: ChangeItem,
  set: string,
  values: unknown[],
): Promise<Change> {
  const rows = await query<{ message: Message }>({
    name,
    text: `WITH advanced AS (
        UPDATE conversations SET last_change = last_change + 1 WHERE id = $1 RETURNING last_change
      ), m AS (
        UPDATE messages SET altered = true, change = advanced.last_change${set && `, ${set}`},
          requests = ($${values.length + 3}::uuid || requests)[1:${requestsKept}]
        FROM advanced
        WHERE conversation_id = $1 AND seq = $2 RETURNING messages.*
      )
      SELECT ${messageJson} AS message FROM m`,
    values: [conversationId, seq, ...values, requestId],
  });
  return { message: rows[0]!.message, changed: true, created: false };
}

async function unchanged(query: Query, { conversationId, seq }: ChangeItem): Promise<Change> {
  const rows = await query<{ message: Message }>({
    name: "find-message",
    text: `SELECT ${messageJson} AS message FROM messages m WHERE conversation_id = $1 AND seq = $2`,
    values: [conversationId, seq],
  });
  return { message: rows[0]!.message, changed: false, created: false };
}

/** Also an agent's own message is theirs only while they are a member. */
function isOwn(item: ChangeItem, target: Target): boolean {
  return target.isMember && target.senderId === item.userId;
}

/** The same for an absent conversation, an absent message and somebody else's: it tells nothing. */
function notFound(): CodedError {
  return new CodedError("NOT_FOUND", "no such message");
}

function deleted(): CodedError {
  return new CodedError("CONFLICT", "the message was deleted");
}

function blocked(): CodedError {
  return new CodedError("FORBIDDEN", "this conversation takes no messages");
}

/**
 * What an edited message said before, oldest first, for whoever may see the message.
 * @throws CodedError NOT_FOUND
 */
export async function listEdits(database: Database, item: Address): Promise<MessageEdit[]> {
  const { conversationId, seq } = item;
  if (!(await findTarget(database.query, item, true))) throw notFound();
  return database.query<MessageEdit>({
    name: "list-edits",
    text: `SELECT content, written_at AS "writtenAt" FROM message_edits
      WHERE conversation_id = $1 AND seq = $2 ORDER BY change`,
    values: [conversationId, seq],
  });
}
