import type { AssignmentMode } from "@parloir/contracts/support.ts";
import { bySystem } from "./audit.ts";
import { agentRoles, findSharedConversation } from "./conversations.ts";
import type { Database } from "./database.ts";
import { acceptingOf, capacityOf } from "./desks.ts";
import { lock } from "./members.ts";
import { give, type SupportChange } from "./support.ts";

type Query = Database["query"];

/** Agents to whom conversations are given by themselves, whoever of them is there; none while that is off. */
export async function acceptingAgents(database: Database): Promise<string[]> {
  const rows = await database.query<{ id: string }>({
    name: "accepting-agents",
    text: `SELECT u.id FROM support_settings s JOIN users u ON u.role IN ${agentRoles}
      LEFT JOIN desks d ON d.user_id = u.id
      WHERE s.assignment <> 'off' AND u.banned_at IS NULL AND ${acceptingOf}`,
    values: [],
  });
  return rows.map((row) => row.id);
}

/**
 * Gives the open conversation that has waited longest to the agent whose turn it is. Null when there is none, nobody
 * of `online` has room, or another worker is at it.
 *
 * The settings' row is held meanwhile: of several workers one assigns at a time, so that two of them never fill the
 * same place. Agents do not wait for it; one who takes the conversation first has it, because its row is looked at
 * again under its lock.
 */
export function assignOldest(database: Database, online: readonly string[]): Promise<SupportChange | null> {
  return database.transaction(async (query) => {
    const [settings] = await query<{ assignment: AssignmentMode }>({
      name: "hold-assignment",
      text: "SELECT assignment FROM support_settings WHERE assignment <> 'off' FOR NO KEY UPDATE SKIP LOCKED",
      values: [],
    });
    const agentId = settings && (await nextAgent(query, settings.assignment, online));
    if (agentId === undefined) return null;
    const id = await oldestUnassigned(query);
    if (id === undefined) return null;
    const locked = await lock(query, id, null);
    // Taken, or closed, since it was found: the next round finds another one.
    if (locked?.assigneeId !== null || locked.status !== "open") return null;
    const given = await give(query, id, locked, agentId, bySystem);
    await query({
      name: "note-turn",
      text: `INSERT INTO desks (user_id, given_at) VALUES ($1, clock_timestamp())
        ON CONFLICT (user_id) DO UPDATE SET given_at = EXCLUDED.given_at`,
      values: [agentId],
    });
    return { changed: true, ...given, conversation: (await findSharedConversation(query, id))! };
  });
}

async function nextAgent(
  query: Query,
  mode: AssignmentMode,
  online: readonly string[],
): Promise<string | undefined> {
  const rows = await query<{ id: string }>({
    name: "next-agent",
    // Not more than the capacity is counted: an agent may have thousands. Who is erased, or stops being an agent, waits.
    text: `SELECT u.id FROM users u CROSS JOIN support_settings s LEFT JOIN desks d ON d.user_id = u.id
      CROSS JOIN LATERAL (SELECT count(*) AS open FROM (SELECT FROM conversations v
        WHERE v.kind = 'support' AND v.assignee_id = u.id AND v.status = 'open' LIMIT ${capacityOf}) x) load
      WHERE u.id = ANY ($1) AND u.role IN ${agentRoles} AND u.banned_at IS NULL AND ${acceptingOf}
        AND load.open < ${capacityOf}
      ORDER BY CASE WHEN $2 = 'least_busy' THEN load.open END, d.given_at NULLS FIRST, u.id LIMIT 1
      FOR SHARE OF u`,
    values: [online, mode],
  });
  return rows[0]?.id;
}

/** By the beginning of its cycle: what was reopened waits since then. */
async function oldestUnassigned(query: Query): Promise<string | undefined> {
  const rows = await query<{ id: string }>({
    name: "oldest-unassigned",
    text: `SELECT v.id FROM conversations v
      JOIN cycles c ON c.conversation_id = v.id AND c.cycle = v.cycle
      WHERE v.kind = 'support' AND v.assignee_id IS NULL AND v.status = 'open'
      ORDER BY c.opened_at, v.id LIMIT 1`,
    values: [],
  });
  return rows[0]?.id;
}
