import type { ActorKind, AuditAction, AuditEntry } from "@parloir/contracts/audit.ts";
import type { Database } from "./database.ts";

/** On whose behalf something happens: the caller, its request, and where it came from. */
export interface Origin {
  actor: { kind: ActorKind; id: string | null };
  requestId: string | null;
  address: string | null;
}

/** What a process does by itself. */
export const bySystem: Origin = { actor: { kind: "system", id: null }, requestId: null, address: null };

export interface AuditNote {
  action: AuditAction;
  target: string | null;
  details?: Record<string, unknown>;
}

/** Takes the `query` of the act's own transaction: what is not recorded did not happen. */
export async function record(query: Database["query"], origin: Origin, note: AuditNote): Promise<void> {
  await query({
    name: "record-audit",
    text: `INSERT INTO audit (actor_kind, actor_id, request_id, address, action, target, details)
      VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    values: [...originValues(origin), note.action, note.target, JSON.stringify(note.details ?? null)],
  });
}

/** For statements that record along with their act: kind, id, request, address. */
export function originValues({ actor, requestId, address }: Origin): (string | null)[] {
  return [actor.kind, actor.id, requestId, address];
}

export interface AuditFilter {
  action: AuditAction | null;
  actor: string | null;
  target: string | null;
  /** Only entries with a lower id. */
  before: string | null;
  limit: number;
}

/** Newest first. A statement per combination of filters: each then walks its own index from the end. */
export async function listAudit(database: Database, filter: AuditFilter): Promise<AuditEntry[]> {
  const conditions = Object.entries({
    action: ["action =", filter.action],
    actor: ["actor_id =", filter.actor],
    target: ["target =", filter.target],
    before: ["id <", filter.before],
  }).filter(([, [, value]]) => value !== null);
  const where = conditions.map(([, [test]], index) => `${test} $${index + 2}`).join(" AND ");
  return database.query<AuditEntry>({
    name: `list-audit ${conditions.map(([name]) => name).join(" ")}`,
    text: `SELECT id::text, at, json_build_object('kind', actor_kind, 'id', actor_id) AS actor, action, target,
        NULLIF(details, 'null'::jsonb) AS details, request_id AS "requestId", address
      FROM audit ${where === "" ? "" : `WHERE ${where}`} ORDER BY id DESC LIMIT $1`,
    values: [filter.limit, ...conditions.map(([, [, value]]) => value)],
  });
}
