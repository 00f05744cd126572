import { auditQuery } from "@parloir/contracts/audit.ts";
import { defaultPageSize } from "@parloir/contracts/http.ts";
import { auditEntry, pageOf } from "@parloir/contracts/shape-schemas.ts";
import { listAudit } from "@parloir/store/audit.ts";
import type { Database } from "@parloir/store/database.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";

/** Who did what, newest first. */
export function auditRoutes({ database, cursors }: { database: Database; cursors: Cursors }): Route[] {
  return [
    route({
      method: "get",
      path: "/api/audit",
      about: "The audit log, newest first.",
      answer: pageOf(auditEntry),
      who: "admin",
      scope: "audit:read",
      query: auditQuery,
      async handle({ query: { cursor, limit = defaultPageSize, ...filter } }) {
        const { action = null, actor = null, target = null } = filter;
        const scope = `audit ${JSON.stringify([action, actor, target])}`;
        const [before = null] = cursor === undefined ? [] : cursors.open(scope, cursor);
        const found = await listAudit(database, { action, actor, target, before, limit: limit + 1 });
        const items = found.slice(0, limit);
        const last = items.at(-1);
        const nextCursor = found.length > limit && last ? cursors.seal(scope, [last.id]) : null;
        return { data: { items, nextCursor } };
      },
    }),
  ];
}
