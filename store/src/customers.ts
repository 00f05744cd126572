import { CodedError } from "@parloir/contracts/errors.ts";
import type { Customer, CustomerContext, EarlierConversation } from "@parloir/contracts/support.ts";
import type { Database, Reader } from "./database.ts";
import { waitsOf } from "./figures.ts";

const shownConversations = 20;
const shownWaits = 20;

/** Of those conversations that are support. */
export async function customerNamesOf(
  reader: Reader,
  conversationIds: string[],
): Promise<Map<string, string>> {
  if (conversationIds.length === 0) return new Map();
  const rows = await reader.query<{ id: string; name: string }>({
    name: "customer-names",
    text: `SELECT v.id, u.name FROM conversations v JOIN users u ON u.id = v.pair_low
      WHERE v.id = ANY ($1::uuid[]) AND v.kind = 'support'`,
    values: [conversationIds],
  });
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** What an agent sees beside a support conversation. @throws CodedError NOT_FOUND */
export async function readCustomerContext(database: Database, id: string): Promise<CustomerContext> {
  const [customer] = await database.query<Customer>({
    name: "find-customer",
    text: `SELECT u.id AS "userId", u.name, u.email, u.avatar_url AS "avatarUrl", u.locale,
        u.created_at AS "firstSeenAt"
      FROM conversations v JOIN users u ON u.id = v.pair_low WHERE v.id = $1 AND v.kind = 'support'`,
    values: [id],
  });
  if (!customer) throw new CodedError("NOT_FOUND", "no such conversation");
  // One more than is shown, because this one may be among them.
  const found = await database.query<EarlierConversation & { total: number }>({
    name: "conversations-of-customer",
    text: `SELECT v.id, v.status, v.assignee_id AS "assigneeId", v.created_at AS "createdAt",
        v.updated_at AS "updatedAt", CASE WHEN v.subject_type IS NOT NULL THEN
          json_build_object('type', v.subject_type, 'id', v.subject_id, 'title', v.subject_title) END AS subject,
        count(*) OVER () AS total
      FROM conversations v WHERE v.kind = 'support' AND v.pair_low = $1
      ORDER BY v.updated_at DESC, v.id DESC LIMIT $2`,
    values: [customer.userId, shownConversations + 1],
  });
  const earlier = found
    .filter((each) => each.id !== id)
    .slice(0, shownConversations)
    .map(({ total: _, ...each }) => each);
  const waits = await waitsOf(database, [id, ...earlier.map((each) => each.id)], shownWaits);
  return { customer, earlier, total: (found[0]?.total ?? 1) - 1, waits };
}
