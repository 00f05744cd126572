import type { Role } from "@parloir/contracts/shapes.ts";
import type { Desk, DeskChange, SupportSettings, SupportSettingsChange } from "@parloir/contracts/support.ts";
import { type Origin, record } from "./audit.ts";
import { agentRoles } from "./conversations.ts";
import type { Database } from "./database.ts";

/** What agents take at a time. Who is given what next: assignment.ts. */

export async function readSupportSettings(database: Database): Promise<SupportSettings> {
  const rows = await database.query<SupportSettings>({
    name: "read-support-settings",
    text: `SELECT assignment, default_capacity AS "defaultCapacity" FROM support_settings`,
    values: [],
  });
  return rows[0]!;
}

export function changeSupportSettings(
  database: Database,
  change: SupportSettingsChange,
  origin: Origin,
): Promise<SupportSettings> {
  return database.transaction(async (query) => {
    const rows = await query<SupportSettings>({
      name: "change-support-settings",
      text: `UPDATE support_settings SET assignment = COALESCE($1, assignment),
          default_capacity = COALESCE($2, default_capacity)
        RETURNING assignment, default_capacity AS "defaultCapacity"`,
      values: [change.assignment ?? null, change.defaultCapacity ?? null],
    });
    await record(query, origin, { action: "support.set", target: null, details: { ...rows[0]! } });
    return rows[0]!;
  });
}

/** Of a user `u` with its desk `d` and the settings `s`. */
export const capacityOf = "COALESCE(d.capacity, s.default_capacity)";
export const acceptingOf = "COALESCE(d.accepting, u.role = 'agent')";

interface DeskRow extends Omit<Desk, "avatarUrl"> {
  avatarUrl: string | null;
  role: Role;
}

const deskColumns = `u.id AS "userId", u.name, u.avatar_url AS "avatarUrl", u.role, ${capacityOf} AS capacity,
  ${acceptingOf} AS accepting, (SELECT count(*) FROM conversations v
    WHERE v.kind = 'support' AND v.assignee_id = u.id AND v.status = 'open') AS open`;
const deskTables = "users u CROSS JOIN support_settings s LEFT JOIN desks d ON d.user_id = u.id";

/** By id, the first one `from`. */
export async function listDesks(database: Database, page: { from: string; limit: number }): Promise<Desk[]> {
  const rows = await database.query<DeskRow>({
    name: "list-desks",
    text: `SELECT ${deskColumns} FROM ${deskTables}
      WHERE u.role IN ${agentRoles} AND u.id >= $1 ORDER BY u.id LIMIT $2`,
    values: [page.from, page.limit],
  });
  return rows.map(deskOf);
}

/** Null when the person is no agent. */
export function changeDesk(
  database: Database,
  userId: string,
  change: DeskChange,
  origin: Origin,
): Promise<Desk | null> {
  return database.transaction(async (query) => {
    // FOR SHARE: whoever stops being an agent at this moment is waited for.
    const known = await query({
      name: "find-agent",
      text: `SELECT 1 FROM users WHERE id = $1 AND role IN ${agentRoles} AND erased_at IS NULL FOR SHARE`,
      values: [userId],
    });
    if (known.length === 0) return null;
    await query({
      name: "change-desk",
      text: `INSERT INTO desks AS d (user_id, capacity, accepting) VALUES ($1, $2, $3)
        ON CONFLICT (user_id) DO UPDATE SET capacity = CASE WHEN $4 THEN $2 ELSE d.capacity END,
          accepting = COALESCE($3, d.accepting)`,
      values: [userId, change.capacity ?? null, change.accepting ?? null, change.capacity !== undefined],
    });
    await record(query, origin, { action: "desk.changed", target: userId, details: { ...change } });
    const rows = await query<DeskRow>({
      name: "find-desk",
      text: `SELECT ${deskColumns} FROM ${deskTables} WHERE u.id = $1`,
      values: [userId],
    });
    return deskOf(rows[0]!);
  });
}

function deskOf({ avatarUrl, ...desk }: DeskRow): Desk {
  return { ...desk, ...(avatarUrl === null ? {} : { avatarUrl }) };
}
