import { CodedError } from "@parloir/contracts/errors.ts";
import { conversationParams, defaultPageSize } from "@parloir/contracts/http.ts";
import { pageOf } from "@parloir/contracts/shape-schemas.ts";
import {
  changeDeskBody,
  changeSupportSettingsBody,
  deskParams,
  listDesksQuery,
} from "@parloir/contracts/support.ts";
import { customerContext, desk, supportSettings } from "@parloir/contracts/support-schemas.ts";
import { readCustomerContext } from "@parloir/store/customers.ts";
import type { Database } from "@parloir/store/database.ts";
import { changeDesk, changeSupportSettings, listDesks, readSupportSettings } from "@parloir/store/desks.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";
import { requireAgent } from "./agents.ts";

/** How the team shares its work, and what it knows of a customer. */
export function teamRoutes(options: { database: Database; cursors: Cursors }): Route[] {
  const { database } = options;
  return [
    route({
      method: "get",
      path: "/api/messages/conversations/:id/context",
      about: "The customer of a support conversation, their other ones, and how long they waited.",
      answer: customerContext,
      who: "person",
      params: conversationParams,
      async handle({ params, person }) {
        requireAgent(person);
        return { data: await readCustomerContext(database, params.id) };
      },
    }),
    route({
      method: "get",
      path: "/api/support/settings",
      about: "How support conversations are given to agents.",
      answer: supportSettings,
      who: "person",
      async handle({ person }) {
        requireAgent(person);
        return { data: await readSupportSettings(database) };
      },
    }),
    route({
      method: "patch",
      path: "/api/support/settings",
      about: "Changes how support conversations are given to agents.",
      answer: supportSettings,
      who: "admin",
      scope: "support:write",
      body: changeSupportSettingsBody,
      handle: async ({ body, origin }) => ({ data: await changeSupportSettings(database, body, origin) }),
    }),
    ...deskRoutes(options),
  ];
}

function deskRoutes({ database, cursors }: { database: Database; cursors: Cursors }): Route[] {
  return [
    route({
      method: "get",
      path: "/api/support/desks",
      about: "The agents with their capacity and how many open conversations each has.",
      answer: pageOf(desk),
      who: "person",
      query: listDesksQuery,
      async handle({ query, person }) {
        requireAgent(person);
        const scope = "desks";
        const [from = ""] = query.cursor === undefined ? [] : cursors.open(scope, query.cursor);
        const limit = query.limit ?? defaultPageSize;
        const found = await listDesks(database, { from, limit: limit + 1 });
        const next = found[limit];
        const nextCursor = next ? cursors.seal(scope, [next.userId]) : null;
        return { data: { items: found.slice(0, limit), nextCursor } };
      },
    }),
    route({
      method: "patch",
      path: "/api/support/desks/:userId",
      about: "Changes one's own capacity, or whether one is given conversations; an admin that of any agent.",
      answer: desk,
      who: "person",
      params: deskParams,
      body: changeDeskBody,
      async handle({ params, body, person, origin }) {
        requireAgent(person);
        if (params.userId !== person.id && person.role !== "admin")
          throw new CodedError("FORBIDDEN", "only an admin changes that of others");
        const changed = await changeDesk(database, params.userId, body, origin);
        if (!changed) throw new CodedError("NOT_FOUND", "no such agent");
        return { data: changed };
      },
    }),
  ];
}
