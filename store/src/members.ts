import { CodedError } from "@parloir/contracts/errors.ts";
import type { Members, MembersItem } from "@parloir/contracts/internal.ts";
import type {
  Conversation,
  ConversationKind,
  ConversationStatus,
  Role,
  SharedConversation,
  SystemEvent,
} from "@parloir/contracts/shapes.ts";
import { type Origin, record } from "./audit.ts";
import { agentRoles, findConversation, findSharedConversation, floorOf } from "./conversations.ts";
import type { Database } from "./database.ts";
import { type Line, writeLine } from "./system-lines.ts";

/**
 * Who is in a conversation. Every change of it takes the conversation's row first, as the group commit does, and
 * raises `roster` in the same transaction: a later commit sees the change, and any answer with the new roster too.
 */

/** Who asks for a change: a person, or a server key (`userId` null). */
export interface Actor {
  userId: string | null;
  isAgent: boolean;
}

export interface MembersChange {
  /** False when it was so before: nobody needs to hear of it. */
  changed: boolean;
  /** The line that tells of it. */
  line: Line | null;
  conversation: SharedConversation;
}

type Query = Database["query"];

/**
 * A new member sees what comes after now: `joined_seq` is the head. An agent in a support conversation sees all of it.
 * @throws CodedError NOT_FOUND, INVALID, FORBIDDEN
 */
export function addMember(
  database: Database,
  id: string,
  userId: string,
  actor: Actor,
  origin: Origin,
): Promise<MembersChange> {
  return change(database, id, { actor, userId, event: "member_added" }, async (query, locked) => {
    if (!(await findRole(query, userId))) throw new CodedError("NOT_FOUND", "no such person");
    const added = await enter(query, id, userId, locked);
    if (added) await record(query, origin, { action: "member.added", target: id, details: { userId } });
    return added;
  });
}

/** Makes somebody a member, within a transaction that holds the conversation. False when they are one already. */
export async function enter(query: Query, id: string, userId: string, locked: Locked): Promise<boolean> {
  const seesAll = locked.kind === "support" && isAgentRole(await findRole(query, userId));
  const rows = await query({
    name: "add-member",
    text: addMemberText,
    values: [id, userId, seesAll ? 0 : locked.lastSeq],
  });
  return rows.length > 0;
}

// Who comes back is new: what was said meanwhile stays hidden, and of what they had set only the read mark, which
// the others see, is left.
const addMemberText = `
  INSERT INTO members (conversation_id, user_id, joined_seq) VALUES ($1, $2, $3)
  ON CONFLICT (conversation_id, user_id) DO UPDATE
  SET joined_seq = $3, left_at = NULL, cleared_at = NULL, archived_at = NULL, muted_until = NULL
  WHERE members.left_at IS NOT NULL
  RETURNING 1`;

export async function findRole(query: Query, userId: string): Promise<Role | undefined> {
  const text = "SELECT role FROM users WHERE id = $1 AND erased_at IS NULL FOR SHARE";
  return (await query<{ role: Role }>({ name: "find-role", text, values: [userId] }))[0]?.role;
}

export function isAgentRole(role: Role | undefined): boolean {
  return role === "agent" || role === "admin";
}

/** From the commit on they can neither send nor read. @throws CodedError NOT_FOUND, INVALID, FORBIDDEN */
export function removeMember(
  database: Database,
  id: string,
  userId: string,
  actor: Actor,
  origin: Origin,
): Promise<MembersChange> {
  const event = userId === actor.userId ? "member_left" : "member_removed";
  return change(database, id, { actor, userId, event }, async (query, { customerId }) => {
    if (userId === customerId) throw new CodedError("INVALID", "a support conversation keeps its customer");
    const removed = await markLeft(query, id, userId);
    const note = { action: "member.removed", target: id, details: { userId } } as const;
    if (removed && userId !== actor.userId) await record(query, origin, note);
    return removed;
  });
}

/**
 * Leaves a group. Answers with the group as it is after that, for the one who left and for everyone else.
 * @throws CodedError NOT_FOUND, INVALID
 */
export function leaveGroup(
  database: Database,
  id: string,
  userId: string,
): Promise<{ own: Conversation; line: Line; conversation: SharedConversation }> {
  return database.transaction(async (query) => {
    const locked = await lock(query, id, userId);
    const own = locked && (await findConversation({ query }, id, userId));
    if (!own) throw notFound();
    if (locked.kind !== "group") throw new CodedError("INVALID", "only groups can be left");
    await markLeft(query, id, userId);
    await raiseRoster(query, id);
    const line = await writeLine(query, id, "member_left", { actorId: userId, personId: userId });
    const conversation = (await findSharedConversation(query, id))!;
    return { own: { ...own, participants: conversation.participants }, line, conversation };
  });
}

async function change(
  database: Database,
  id: string,
  { actor, userId, event }: { actor: Actor; userId: string; event: SystemEvent },
  apply: (query: Query, locked: Locked) => Promise<boolean>,
): Promise<MembersChange> {
  return database.transaction(async (query) => {
    const locked = await lock(query, id, actor.userId);
    await authorise(query, id, locked, actor);
    const changed = await apply(query, locked!);
    if (changed) await raiseRoster(query, id);
    const line = changed
      ? await writeLine(query, id, event, { actorId: actor.userId, personId: userId })
      : null;
    return { changed, line, conversation: (await findSharedConversation(query, id))! };
  });
}

export interface Locked {
  kind: ConversationKind;
  status: ConversationStatus;
  assigneeId: string | null;
  lastSeq: number;
  /** Of a support conversation. */
  customerId: string | null;
}

/**
 * What follows in the transaction sees every change that was committed before this resolved.
 * @param forWhom neither a member nor an agent: nothing is locked, and it is as if there were no such conversation, so
 *   that a stranger makes nobody wait and learns nothing from how long it takes. Null: not on a person's behalf.
 */
export async function lock(query: Query, id: string, forWhom: string | null): Promise<Locked | undefined> {
  const rows = await query<Locked>({
    name: "lock-conversation",
    text: `SELECT kind, status, assignee_id AS "assigneeId", last_seq AS "lastSeq", CASE WHEN kind = 'support' THEN pair_low END AS "customerId"
      FROM conversations WHERE id = $1 AND ($2::text IS NULL
        OR EXISTS (SELECT FROM members WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL)
        OR EXISTS (SELECT FROM users WHERE id = $2 AND role IN ${agentRoles}))
      FOR NO KEY UPDATE`,
    values: [id, forWhom],
  });
  return rows[0];
}

/** Members change their group, agents every group and support conversation, a server key all but direct ones. */
async function authorise(query: Query, id: string, locked: Locked | undefined, actor: Actor): Promise<void> {
  if (!locked) throw notFound();
  const { kind } = locked;
  const isMember = actor.userId !== null && (await isMemberNow(query, id, actor.userId));
  const maySee = actor.userId === null || isMember || (actor.isAgent && kind !== "direct");
  if (!maySee) throw notFound();
  if (kind === "direct") throw new CodedError("INVALID", "a direct conversation is between its two people");
  if (kind === "support" && actor.userId !== null && !actor.isAgent)
    throw new CodedError("FORBIDDEN", "only agents change who is in a support conversation");
}

export async function isMemberNow(query: Query, id: string, userId: string): Promise<boolean> {
  const rows = await query({
    name: "is-member",
    text: "SELECT 1 FROM members WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL",
    values: [id, userId],
  });
  return rows.length > 0;
}

async function markLeft(query: Query, id: string, userId: string): Promise<boolean> {
  const rows = await query({
    name: "mark-left",
    text: `UPDATE members SET left_at = now()
      WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL RETURNING 1`,
    values: [id, userId],
  });
  return rows.length > 0;
}

export async function raiseRoster(query: Query, id: string): Promise<void> {
  await query({
    name: "raise-roster",
    text: "UPDATE conversations SET roster = roster + 1 WHERE id = $1",
    values: [id],
  });
}

function notFound(): CodedError {
  return new CodedError("NOT_FOUND", "no such conversation");
}

/**
 * Which of these people may be in the room: members, and agents in a support conversation; with the roster of the same snapshot.
 * @returns in the order of the items; null where there is no such conversation
 */
export async function findMembers(database: Database, items: MembersItem[]): Promise<(Members | null)[]> {
  const rows = await database.query<{ ord: number } & Members>({
    name: "find-members",
    text: `SELECT i.ord, v.last_seq AS "lastSeq", v.last_change AS "lastChange", v.roster,
        COALESCE(m.members, '[]'::json) AS members
      FROM json_to_recordset($1::json) AS i(ord int, c uuid, u text[])
      CROSS JOIN LATERAL (SELECT kind, last_seq, last_change, roster FROM conversations WHERE id = i.c LIMIT 1) v
      CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object('userId', w.id, 'floor', ${floorOf})) AS members
        FROM unnest(i.u) AS w(id)
        LEFT JOIN LATERAL (
          SELECT * FROM members
          WHERE conversation_id = i.c AND user_id = w.id AND left_at IS NULL LIMIT 1) p ON true
        LEFT JOIN LATERAL (
          SELECT id FROM users WHERE v.kind = 'support' AND p.user_id IS NULL AND id = w.id
            AND role IN ${agentRoles} LIMIT 1) agent ON true
        WHERE p.user_id IS NOT NULL OR agent.id IS NOT NULL) m`,
    values: [JSON.stringify(items.map((item, ord) => ({ ord, c: item.conversationId, u: item.userIds })))],
  });
  const found: (Members | null)[] = items.map(() => null);
  for (const { ord, ...members } of rows) found[ord] = members;
  return found;
}

/** Out of the list, or back in it, for one person. False when they are not a member. */
export function setArchived(
  database: Database,
  id: string,
  userId: string,
  archived: boolean,
): Promise<boolean> {
  return updateOwn(
    database,
    "set-archived",
    "archived_at = CASE WHEN $3 THEN COALESCE(archived_at, now()) END",
    [id, userId, archived],
  );
}

/** No end: «until somebody ends it», the last time that the protocol can write. */
const forever = "9999-12-31T23:59:59.999Z";

/** @param until null: not muted; a time that has passed is the same */
export function setMuted(
  database: Database,
  id: string,
  userId: string,
  until: string | null = forever,
): Promise<boolean> {
  const set = "muted_until = CASE WHEN $3::timestamptz > now() THEN $3::timestamptz END";
  return updateOwn(database, "set-muted", set, [id, userId, until]);
}

async function updateOwn(database: Database, name: string, set: string, values: unknown[]): Promise<boolean> {
  const rows = await database.query({
    name,
    text: `UPDATE members SET ${set}
      WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL RETURNING 1`,
    values,
  });
  return rows.length > 0;
}
