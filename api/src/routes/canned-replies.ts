import {
  cannedReplyParams,
  changeCannedReplyBody,
  createCannedReplyBody,
  listCannedRepliesQuery,
} from "@parloir/contracts/canned-replies.ts";
import { defaultPageSize } from "@parloir/contracts/http.ts";
import { checkContent } from "@parloir/contracts/parse.ts";
import { cannedReply, nothing, pageOf } from "@parloir/contracts/shape-schemas.ts";
import {
  addCannedReply,
  changeCannedReply,
  deleteCannedReply,
  listCannedReplies,
} from "@parloir/store/canned-replies.ts";
import type { Database } from "@parloir/store/database.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";
import { requireAgent } from "./agents.ts";

const path = "/api/canned-replies";

/** Ready-made answers. They belong to the team: every agent may change every one. */
export function cannedReplyRoutes(options: { database: Database; cursors: Cursors }): Route[] {
  const { database, cursors } = options;
  return [
    route({
      method: "get",
      path,
      about: "The ready-made answers.",
      answer: pageOf(cannedReply),
      who: "person",
      query: listCannedRepliesQuery,
      async handle({ query, person }) {
        requireAgent(person);
        const scope = "canned-replies";
        const [from = ""] = query.cursor === undefined ? [] : cursors.open(scope, query.cursor);
        const limit = query.limit ?? defaultPageSize;
        const found = await listCannedReplies(database, {
          text: query.q ?? null,
          locale: query.locale ?? null,
          from,
          limit: limit + 1,
        });
        const next = found[limit];
        const nextCursor = next ? cursors.seal(scope, [next.shortcut]) : null;
        return { data: { items: found.slice(0, limit), nextCursor } };
      },
    }),
    route({
      method: "post",
      path,
      about: "Adds a ready-made answer.",
      answer: cannedReply,
      who: "person",
      body: createCannedReplyBody,
      async handle({ body, person }) {
        requireAgent(person);
        checkContent(body.content);
        return { status: 201, data: await addCannedReply(database, body, person.id) };
      },
    }),
    route({
      method: "patch",
      path: `${path}/:id`,
      about: "Changes a ready-made answer.",
      answer: cannedReply,
      who: "person",
      params: cannedReplyParams,
      body: changeCannedReplyBody,
      async handle({ params, body, person }) {
        requireAgent(person);
        if (body.content !== undefined) checkContent(body.content);
        return { data: await changeCannedReply(database, params.id, body, person.id) };
      },
    }),
    route({
      method: "delete",
      path: `${path}/:id`,
      about: "Deletes a ready-made answer.",
      answer: nothing,
      who: "person",
      params: cannedReplyParams,
      async handle({ params, person }) {
        requireAgent(person);
        await deleteCannedReply(database, params.id);
        return { data: {} };
      },
    }),
  ];
}
