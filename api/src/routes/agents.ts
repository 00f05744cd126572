import { CodedError } from "@parloir/contracts/errors.ts";
import { defaultPageSize, listAgentsQuery } from "@parloir/contracts/http.ts";
import { agent, pageOf } from "@parloir/contracts/shape-schemas.ts";
import type { Person } from "@parloir/contracts/shapes.ts";
import type { Database } from "@parloir/store/database.ts";
import { listAgents } from "@parloir/store/people.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";
import { actorOf } from "./membership.ts";

/** Whom a conversation can be given to, and whose name a note carries. */
export function agentRoutes(options: { database: Database; cursors: Cursors }): Route[] {
  const { database, cursors } = options;
  return [
    route({
      method: "get",
      path: "/api/agents",
      about: "Whom a conversation can be given to.",
      answer: pageOf(agent),
      who: "person",
      query: listAgentsQuery,
      async handle({ query, person }) {
        requireAgent(person);
        const scope = "agents";
        const [from = ""] = query.cursor === undefined ? [] : cursors.open(scope, query.cursor);
        const limit = query.limit ?? defaultPageSize;
        const found = await listAgents(database, { from, limit: limit + 1 });
        const next = found[limit];
        const nextCursor = next ? cursors.seal(scope, [next.userId]) : null;
        return { data: { items: found.slice(0, limit), nextCursor } };
      },
    }),
  ];
}

/** @throws CodedError FORBIDDEN */
export function requireAgent(person: Person): void {
  if (!actorOf({ person, byKey: false }).isAgent) throw new CodedError("FORBIDDEN", "only agents do this");
}
