import { randomUUID } from "node:crypto";
import { editMessageBody, messageParams, reactionParams } from "@parloir/contracts/http.ts";
import type { WantedChange } from "@parloir/contracts/internal.ts";
import { checkEdit } from "@parloir/contracts/parse.ts";
import { message, messageEdit, pageOf } from "@parloir/contracts/shape-schemas.ts";
import type { Person } from "@parloir/contracts/shapes.ts";
import { listEdits } from "@parloir/store/changes.ts";
import type { Database } from "@parloir/store/database.ts";
import type { ApplyChange } from "../changes.ts";
import { type Route, type RouteAnswer, route } from "../route.ts";

const base = "/api/messages/:conversationId/:seq";

/** What happens to a message after it was sent; the same as the socket's `edit_message`, `delete_message`, `react`. */
export function changeRoutes(options: { database: Database; change: ApplyChange }): Route[] {
  async function answer(wanted: WantedChange, { id: userId }: Person): Promise<RouteAnswer> {
    const item = { ...wanted, userId, requestId: randomUUID() };
    const { message: changed, created } = await options.change(item);
    return { status: created ? 201 : 200, data: changed };
  }

  const reaction = (method: "put" | "delete") =>
    route({
      method,
      path: `${base}/reactions/:emoji`,
      about: method === "put" ? "Reacts to a message." : "Takes a reaction back.",
      answer: message,
      who: "person",
      params: reactionParams,
      handle: ({ params, person }) => answer({ kind: "react", ...params, on: method === "put" }, person),
    });

  return [
    route({
      method: "patch",
      path: base,
      about: "Edits a message; what it said before is kept.",
      answer: message,
      who: "person",
      params: messageParams,
      body: editMessageBody,
      async handle({ params, body, person }) {
        checkEdit(body);
        return answer({ kind: "edit", ...params, ...body }, person);
      },
    }),
    route({
      method: "delete",
      path: base,
      about: "Deletes a message for everyone; its place stays.",
      answer: message,
      who: "person",
      params: messageParams,
      handle: ({ params, person }) => answer({ kind: "delete", ...params }, person),
    }),
    route({
      method: "get",
      path: `${base}/edits`,
      about: "What a message said before it was edited.",
      answer: pageOf(messageEdit),
      who: "person",
      params: messageParams,
      handle: async ({ params, person }) => ({
        data: {
          items: await listEdits(options.database, { ...params, userId: person.id }),
          nextCursor: null,
        },
      }),
    }),
    reaction("put"),
    reaction("delete"),
  ];
}
