import { CodedError } from "@parloir/contracts/errors.ts";
import type { Callee, CalleeItem, EndedCallItem } from "@parloir/contracts/internal.ts";
import { type SharedConversation, systemSender } from "@parloir/contracts/shapes.ts";
import { agentRoles, findSharedConversation } from "./conversations.ts";
import type { Database } from "./database.ts";
import { lock } from "./members.ts";
import { isMissed, type MissedCall, writeMissedCall } from "./missed-calls.ts";
import { type Line, writeLine } from "./system-lines.ts";

/** Who may call whom, and the line that a call leaves. While it lasts it lives in Redis, and nothing of it is here. */

interface Row {
  ord: number;
  kind: "direct" | "support" | "group";
  isMember: boolean;
  isAgent: boolean;
  /** The two of a direct conversation; of a support one the first is its customer. */
  low: string;
  high: string | null;
  assigneeId: string | null;
  /** By id, the names of those of low, high, assignee and the one who is asked for, who are members or, in support, agents. */
  present: Record<string, string>;
  callerName: string;
  blocked: boolean;
}

/** For each item whom they may call, or why they may not. */
export async function findCallees(
  database: Database,
  items: readonly CalleeItem[],
): Promise<(Callee | CodedError)[]> {
  const rows = await database.query<Row>({
    name: "find-callees",
    text: `SELECT i.ord, v.kind, v.pair_low AS low, v.pair_high AS high, v.assignee_id AS "assigneeId",
        p.user_id IS NOT NULL AS "isMember", u.role IN ${agentRoles} AS "isAgent",
        u.name AS "callerName",
        (SELECT COALESCE(json_object_agg(o.id, o.name), '{}') FROM users o
          WHERE o.id IN (v.pair_low, v.pair_high, v.assignee_id, i."otherId") AND o.banned_at IS NULL
            AND (EXISTS (SELECT FROM members m
                WHERE m.conversation_id = v.id AND m.user_id = o.id AND m.left_at IS NULL)
              OR v.kind = 'support' AND o.role IN ${agentRoles})) AS present,
        v.kind = 'direct' AND EXISTS (SELECT FROM blocks b WHERE b.blocker_id IN (v.pair_low, v.pair_high)
          AND b.blocked_id IN (v.pair_low, v.pair_high)) AS blocked
      FROM json_to_recordset($1::json) AS i(ord int, "conversationId" uuid, "userId" text, "otherId" text)
      JOIN conversations v ON v.id = i."conversationId"
      JOIN users u ON u.id = i."userId"
      LEFT JOIN members p ON p.conversation_id = v.id AND p.user_id = u.id AND p.left_at IS NULL`,
    values: [JSON.stringify(items.map((item, ord) => ({ ord, ...item })))],
  });
  const found = new Map(rows.map((row) => [row.ord, row]));
  return items.map((item, ord) => judge(item, found.get(ord)));
}

function judge({ userId, otherId }: CalleeItem, row: Row | undefined): Callee | CodedError {
  const isAgent = row?.kind === "support" && row.isAgent;
  if (!row || !(row.isMember || isAgent)) return new CodedError("NOT_FOUND", "no such conversation");
  if (row.kind === "group") return new CodedError("UNSUPPORTED", "calls are one to one");
  // The same to both: it does not say who blocked whom.
  if (row.blocked) return new CodedError("FORBIDDEN", "this conversation takes no calls");
  const callee = calleeOf(row, userId, otherId, isAgent);
  if (callee === null || callee === userId || !Object.hasOwn(row.present, callee))
    return new CodedError("CONFLICT", "there is nobody to call");
  return { userId: callee, name: row.present[callee] ?? "", callerName: row.callerName };
}

/** In support an agent calls the customer, and the customer the one who has it: nobody rings a whole team. */
function calleeOf(row: Row, userId: string, otherId: string | null, isAgent: boolean): string | null {
  if (row.kind === "direct") return userId === row.low ? row.high : row.low;
  if (userId !== row.low) return isAgent ? row.low : null;
  // A call that an agent began goes on when another is assigned meanwhile.
  return otherId ?? row.assigneeId;
}

/**
 * The line of a call that is over, once, and the bell's for who missed it. Its number is the call's and the moment's, not only the id that the caller
 * chose: one that is used again would hide the second call.
 * @returns null when it has been told already
 * @throws CodedError NOT_FOUND
 */
export function recordCall(
  database: Database,
  { conversationId, callId, startedAt, callerId, calleeId, ending, seconds }: EndedCallItem,
): Promise<{ line: Line; conversation: SharedConversation; missed: MissedCall | null } | null> {
  return database.transaction(async (query) => {
    const clientMessageId = `call:${callId}:${startedAt}`;
    // With the conversation's row held: of two gateways that tell the same, one is first.
    if (!(await lock(query, conversationId, null))) throw new CodedError("NOT_FOUND", "no such conversation");
    const told = await query({
      name: "line-told",
      text: "SELECT 1 FROM messages WHERE conversation_id = $1 AND sender_id = $2 AND client_message_id = $3",
      values: [conversationId, systemSender, clientMessageId],
    });
    if (told.length > 0) return null;
    const who = { actorId: callerId, personId: calleeId };
    const line = await writeLine(query, conversationId, "called", {
      ...who,
      clientMessageId,
      call: { ending, seconds },
    });
    const missed = isMissed(ending, seconds)
      ? await writeMissedCall(query, { conversationId, calleeId, callerId, seq: line.seq })
      : null;
    return { line, conversation: (await findSharedConversation(query, conversationId))!, missed };
  });
}
