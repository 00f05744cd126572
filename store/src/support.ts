import { CodedError } from "@parloir/contracts/errors.ts";
import { undoSeconds } from "@parloir/contracts/http.ts";
import type { ConversationStatus, SharedConversation } from "@parloir/contracts/shapes.ts";
import { type Origin, record } from "./audit.ts";
import { findSharedConversation } from "./conversations.ts";
import { noteAssigned, noteClosed, noteOpened, noteUnclosed } from "./cycles.ts";
import type { Database } from "./database.ts";
import {
  type Actor,
  enter,
  findRole,
  isAgentRole,
  isMemberNow,
  type Locked,
  lock,
  raiseRoster,
} from "./members.ts";
import { type Line, writeLine } from "./system-lines.ts";

/** What agents do with a support conversation. Each takes its row first, so that one after the other decides. */

type Query = Database["query"];

export interface SupportChange {
  /** False when it was so before: nobody needs to hear of it. */
  changed: boolean;
  /** Who became a member by it. */
  entered: string | null;
  /** The line that tells of it. Whoever becomes a member by an assignment or an answer needs none of their own. */
  line: Line | null;
  conversation: SharedConversation;
}

const nothing = { changed: false, entered: null, line: null };

/**
 * Whatever leaves «closed» begins a new cycle.
 * @throws CodedError NOT_FOUND, FORBIDDEN, INVALID
 */
export function setStatus(
  database: Database,
  id: string,
  status: ConversationStatus,
  actor: Actor,
): Promise<SupportChange> {
  return change(database, id, actor, async (query, locked) => {
    if (locked.status === status) return nothing;
    await query({
      name: "set-status",
      text: `UPDATE conversations SET status = $2, cycle = cycle + (status = 'closed')::int,
          closed_at = CASE WHEN $2 = 'closed' THEN clock_timestamp() END,
          closed_from = CASE WHEN $2 = 'closed' THEN status END,
          updated_at = GREATEST(now(), updated_at) WHERE id = $1`,
      values: [id, status],
    });
    const event = status === "closed" ? "closed" : locked.status === "closed" ? "reopened" : null;
    const line = event && (await writeLine(query, id, event, { actorId: actor.userId }));
    // After the line, which is the last of the cycle it closes, and before the one it opens.
    if (event === "closed") await noteClosed(query, id, actor.userId);
    else if (event === "reopened") await noteOpened(query, id);
    return { changed: true, entered: null, line };
  });
}

/**
 * Takes a closing back that is not older than `undoSeconds`: the status of before, in the same cycle, as if it had
 * not been closed. What is not closed, or no longer, is left as it is.
 * @throws CodedError CONFLICT when it is too late; NOT_FOUND, FORBIDDEN, INVALID
 */
export function undoClose(database: Database, id: string, actor: Actor): Promise<SupportChange> {
  return change(database, id, actor, async (query, locked) => {
    if (locked.status !== "closed") return nothing;
    const undone = await query({
      name: "undo-close",
      text: `UPDATE conversations SET status = COALESCE(closed_from, 'open'), closed_at = NULL, closed_from = NULL,
          updated_at = GREATEST(now(), updated_at)
        WHERE id = $1 AND closed_at > clock_timestamp() - make_interval(secs => $2) RETURNING 1`,
      values: [id, undoSeconds],
    });
    if (undone.length === 0)
      throw new CodedError("CONFLICT", `a closing can be undone for ${undoSeconds} seconds`);
    await noteUnclosed(query, id);
    const line = await writeLine(query, id, "reopened", { actorId: actor.userId });
    return { changed: true, entered: null, line };
  });
}

/**
 * Gives it to an agent, who becomes a member, or to nobody, if `expected` has it. Asked again after it succeeded it
 * succeeds: what was wanted is so.
 * @throws CodedError CONFLICT with the `present` assignee; NOT_FOUND, FORBIDDEN, INVALID
 */
export function assign(
  database: Database,
  id: string,
  wanted: { assigneeId: string | null; expected: string | null },
  actor: Actor,
  origin: Origin,
): Promise<SupportChange> {
  const { assigneeId, expected } = wanted;
  return change(database, id, actor, async (query, locked) => {
    if (assigneeId !== null && !isAgentRole(await findRole(query, assigneeId)))
      throw new CodedError("INVALID", "assigneeId: not an agent");
    const present = locked.assigneeId;
    if (present === assigneeId) return nothing;
    if (present !== expected) {
      const who = present === null ? "assigned to nobody" : `assigned to ${present}`;
      throw new CodedError("CONFLICT", `the conversation is ${who}`, { present });
    }
    return { changed: true, ...(await give(query, id, locked, assigneeId, origin)) };
  });
}

/**
 * Within a transaction that holds the conversation, and has looked at who has it. The agent becomes a member.
 * @returns who became one by it, and the line that tells of it
 */
export async function give(
  query: Query,
  id: string,
  locked: Locked,
  assigneeId: string | null,
  origin: Origin,
): Promise<Pick<SupportChange, "entered" | "line">> {
  await query({
    name: "set-assignee",
    text: "UPDATE conversations SET assignee_id = $2 WHERE id = $1",
    values: [id, assigneeId],
  });
  const details = { from: locked.assigneeId, to: assigneeId };
  await record(query, origin, { action: "conversation.assigned", target: id, details });
  const entered = assigneeId !== null && (await enter(query, id, assigneeId, locked));
  if (entered) await raiseRoster(query, id);
  const { kind, id: callerId } = origin.actor;
  const line = await writeLine(query, id, assigneeId === null ? "unassigned" : "assigned", {
    actorId: kind === "person" ? callerId : null,
    personId: assigneeId ?? locked.assigneeId,
  });
  await noteAssigned(query, id, assigneeId);
  return { entered: entered ? assigneeId : null, line };
}

/**
 * An agent who answers becomes a member. Null when this is not an agent, not a support conversation, or no news.
 */
export async function enterToAnswer(
  database: Database,
  id: string,
  userId: string,
): Promise<SupportChange | null> {
  const [may] = await database.query({
    name: "may-answer",
    text: `SELECT 1 FROM conversations v JOIN users u ON u.id = $2 AND u.role IN ('agent', 'admin')
      WHERE v.id = $1 AND v.kind = 'support'`,
    values: [id, userId],
  });
  if (!may) return null;
  return change(database, id, { userId, isAgent: true }, async (query, locked) => {
    const entered = await enter(query, id, userId, locked);
    if (entered) await raiseRoster(query, id);
    return { changed: entered, entered: entered ? userId : null, line: null };
  });
}

async function change(
  database: Database,
  id: string,
  actor: Actor,
  apply: (query: Query, locked: Locked) => Promise<Omit<SupportChange, "conversation">>,
): Promise<SupportChange> {
  return database.transaction(async (query) => {
    const locked = await lock(query, id, actor.userId);
    await authorise(query, id, locked, actor);
    const outcome = await apply(query, locked!);
    return { ...outcome, conversation: (await findSharedConversation(query, id))! };
  });
}

/** Agents only. Others are told so where they are members, and nothing at all where they are not. */
async function authorise(query: Query, id: string, locked: Locked | undefined, actor: Actor): Promise<void> {
  const isMember = locked && actor.userId !== null && (await isMemberNow(query, id, actor.userId));
  if (!locked || !(isMember || (actor.isAgent && locked.kind === "support")))
    throw new CodedError("NOT_FOUND", "no such conversation");
  if (!actor.isAgent) throw new CodedError("FORBIDDEN", "only agents do this");
  if (locked.kind !== "support") throw new CodedError("INVALID", "not a support conversation");
}
