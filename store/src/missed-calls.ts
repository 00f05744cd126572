import type { CallEnding } from "@parloir/contracts/calls.ts";
import type { Notification } from "@parloir/contracts/shapes.ts";
import type { Database } from "./database.ts";
import { wantsToBeTold } from "./notifications.ts";

/** The bell's line of a call that came to nothing while it rang. */

export interface MissedCall {
  userId: string;
  notification: Notification;
  /** False when the person does not want to be told, or not at this hour: the line is there all the same. */
  announce: boolean;
}

/** For clients that do not know the type; as the sentences of system lines it names nobody. */
export const missedCallSentence = "You missed a video call.";

/** Who declined it, or may not be called any more, has missed nothing; nor has who talked. */
export function isMissed(ending: CallEnding, seconds: number | null): boolean {
  return seconds === null && ending !== "declined" && ending !== "forbidden";
}

/**
 * Writes or raises the one unread line for calls of this conversation, in the transaction that writes the call's line:
 * so it is told once, however often the call's end is. Not for who left or has muted the conversation.
 */
export async function writeMissedCall(
  query: Database["query"],
  call: { conversationId: string; calleeId: string; callerId: string; seq: number },
): Promise<MissedCall | null> {
  const rows = await query<MissedCall>({
    name: "write-missed-call",
    text: `WITH written AS (
        INSERT INTO notifications AS n (user_id, conversation_id, seq, type, count)
        SELECT user_id, conversation_id, $3, 'call', 1 FROM members
        WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL
          AND (muted_until IS NULL OR muted_until <= now())
        ON CONFLICT (user_id, conversation_id, type) WHERE read_at IS NULL
        DO UPDATE SET seq = EXCLUDED.seq, count = n.count + 1, created_at = now()
        RETURNING *
      )
      SELECT w.user_id AS "userId", ${wantsToBeTold} AS announce,
        json_build_object('id', w.id, 'type', w.type, 'conversationId', w.conversation_id, 'seq', w.seq,
          'title', COALESCE(u.name, ''), 'message', $5::text, 'count', w.count,
          'createdAt', to_char(w.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'readAt', NULL) AS notification
      FROM written w LEFT JOIN users u ON u.id = $4
      LEFT JOIN notification_preferences f ON f.user_id = w.user_id`,
    values: [call.conversationId, call.calleeId, call.seq, call.callerId, missedCallSentence],
  });
  return rows[0] ?? null;
}
