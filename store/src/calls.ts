import { CodedError } from "@parloir/contracts/errors.ts";
import type { CalleeItem } from "@parloir/contracts/internal.ts";
import { agentRoles } from "./conversations.ts";
import type { Database } from "./database.ts";

/** Who may call whom. Of calls themselves the database knows nothing: they live in Redis while they last. */

interface Row {
  ord: number;
  kind: "direct" | "support" | "group";
  isMember: boolean;
  isAgent: boolean;
  /** The two of a direct conversation; of a support one the first is its customer. */
  low: string;
  high: string | null;
  assigneeId: string | null;
  /** Those of low, high, assignee and the one who is asked for, who are members or, in support, agents. */
  present: string[];
  blocked: boolean;
}

/** For each item whom they may call, or why they may not. */
export async function findCallees(
  database: Database,
  items: readonly CalleeItem[],
): Promise<(string | CodedError)[]> {
  const rows = await database.query<Row>({
    name: "find-callees",
    text: `SELECT i.ord, v.kind, v.pair_low AS low, v.pair_high AS high, v.assignee_id AS "assigneeId",
        p.user_id IS NOT NULL AS "isMember", u.role IN ${agentRoles} AS "isAgent",
        ARRAY(SELECT o.id FROM users o
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

function judge({ userId, otherId }: CalleeItem, row: Row | undefined): string | CodedError {
  const isAgent = row?.kind === "support" && row.isAgent;
  if (!row || !(row.isMember || isAgent)) return new CodedError("NOT_FOUND", "no such conversation");
  if (row.kind === "group") return new CodedError("UNSUPPORTED", "calls are one to one");
  // The same to both: it does not say who blocked whom.
  if (row.blocked) return new CodedError("FORBIDDEN", "this conversation takes no calls");
  const callee = calleeOf(row, userId, otherId, isAgent);
  if (callee === null || callee === userId || !row.present.includes(callee))
    return new CodedError("CONFLICT", "there is nobody to call");
  return callee;
}

/** In support an agent calls the customer, and the customer the one who has it: nobody rings a whole team. */
function calleeOf(row: Row, userId: string, otherId: string | null, isAgent: boolean): string | null {
  if (row.kind === "direct") return userId === row.low ? row.high : row.low;
  if (userId !== row.low) return isAgent ? row.low : null;
  // A call that an agent began goes on when another is assigned meanwhile.
  return otherId ?? row.assigneeId;
}
