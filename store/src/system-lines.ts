import { type Message, type SystemEvent, type SystemLine, systemSender } from "@parloir/contracts/shapes.ts";
import type { Database } from "./database.ts";
import { messageJson } from "./messages.ts";

/**
 * Lines of a conversation that nobody wrote: docs/decisions/0014. They are messages with a seq and a change, so history,
 * sync and order are the same for them; what is different is written here and read in `unreadOf`.
 *
 * Always within the transaction that did what the line tells, which holds the conversation's row.
 */

type Query = Database["query"];

/** For clients that do not know the line's structure, without any name: nothing here has to be erased. */
export const sentences: Record<SystemEvent, string> = {
  member_added: "Somebody was added.",
  member_removed: "Somebody was removed.",
  member_left: "Somebody left.",
  assigned: "The conversation was assigned.",
  unassigned: "The conversation is assigned to nobody.",
  closed: "The conversation was closed.",
  reopened: "The conversation was reopened.",
  called: "There was a video call.",
};

/**
 * To be published after the commit, with the roster of then: a gateway that has not heard of a removal looks who is
 * still a member before it delivers the line that tells of it.
 */
export type Line = Message & { roster: number };

/** Beside what happened. */
interface LineDetails {
  /** Null: a server key; nobody. */
  actorId: string | null;
  personId?: string | null;
  /** As which it is known again; the line's own id by default. */
  clientMessageId?: string;
  call?: SystemLine["call"];
}

/** @returns the line */
export async function writeLine(
  query: Query,
  conversationId: string,
  event: SystemEvent,
  { actorId, personId = null, clientMessageId, call }: LineDetails,
): Promise<Line> {
  const details = [clientMessageId ?? null, call?.ending ?? null, call?.seconds ?? null];
  await query({
    name: "write-line",
    text: writeLineText,
    values: [conversationId, event, sentences[event], actorId, personId, ...details],
  });
  return (await newestLine(query, conversationId))!;
}

export async function newestLine(query: Query, conversationId: string): Promise<Line | null> {
  const rows = await query<{ message: Message; roster: number }>({
    name: "newest-line",
    text: `SELECT ${messageJson} AS message, v.roster FROM conversations v
      JOIN messages m ON m.conversation_id = v.id AND m.seq = v.line_seq WHERE v.id = $1`,
    values: [conversationId],
  });
  return rows[0] ? { ...rows[0].message, roster: rows[0].roster } : null;
}

const writeLineText = `
WITH advanced AS (
  UPDATE conversations SET last_seq = last_seq + 1, last_change = last_change + 1,
    said_seq = CASE WHEN last_seq > line_seq THEN last_seq ELSE said_seq END,
    line_seq = last_seq + 1, line_count = line_count + 1, updated_at = GREATEST(clock_timestamp(), updated_at)
  WHERE id = $1 RETURNING last_seq, last_change, line_count, updated_at
), lined AS (
  INSERT INTO system_lines (conversation_id, seq, number, event, actor_id, actor_name, person_id, person_name,
    call_ending, call_seconds)
  SELECT $1, a.last_seq, a.line_count, $2, actor.id, actor.name, person.id, person.name, $7, $8
  FROM advanced a LEFT JOIN users actor ON actor.id = $4 LEFT JOIN users person ON person.id = $5
)
INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, kind, content, change, created_at)
SELECT $1, a.last_seq, n.id, '${systemSender}', COALESCE($6, n.id::text), 0, 'system', $3, a.last_change, a.updated_at
FROM advanced a CROSS JOIN (SELECT uuidv7() AS id OFFSET 0) n`;
