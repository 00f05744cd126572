import { CodedError } from "@parloir/contracts/errors.ts";
import { assignBody, conversationParams, reopenBody } from "@parloir/contracts/http.ts";
import { conversation } from "@parloir/contracts/shape-schemas.ts";
import type { ConversationStatus, Person } from "@parloir/contracts/shapes.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import { findConversation } from "@parloir/store/conversations.ts";
import type { Database } from "@parloir/store/database.ts";
import { assign, type SupportChange, setStatus, undoClose } from "@parloir/store/support.ts";
import { announceSupport } from "../answers.ts";
import { type Route, type RouteAnswer, route } from "../route.ts";
import type { AnnounceToAgents } from "../team.ts";
import { actorOf } from "./membership.ts";

const base = "/api/messages/conversations/:id";

/** What agents do with support conversations. */
export function supportRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  announceToAgents: AnnounceToAgents;
}): Route[] {
  const { database } = options;

  async function answer(id: string, person: Person, change: SupportChange): Promise<RouteAnswer> {
    announceSupport(options, change);
    const conversation = await findConversation(database, id, person.id);
    if (!conversation) throw new CodedError("NOT_FOUND", "no such conversation");
    return { data: conversation };
  }

  const status = (action: string, wanted: ConversationStatus) =>
    route({
      method: "post",
      path: `${base}/${action}`,
      about: "Closes a support conversation, or lets it wait.",
      answer: conversation,
      who: "person",
      params: conversationParams,
      async handle({ params: { id }, ...caller }) {
        return answer(id, caller.person, await setStatus(database, id, wanted, actorOf(caller)));
      },
    });

  return [
    status("close", "closed"),
    status("pending", "pending"),
    route({
      method: "post",
      path: `${base}/reopen`,
      about: "Opens a support conversation again; `undo` within a minute of its closing takes that back.",
      answer: conversation,
      who: "person",
      params: conversationParams,
      body: reopenBody,
      bodyIsOptional: true,
      async handle({ params: { id }, body, ...caller }) {
        const actor = actorOf(caller);
        const change = body.undo ? undoClose(database, id, actor) : setStatus(database, id, "open", actor);
        return answer(id, caller.person, await change);
      },
    }),
    route({
      method: "post",
      path: `${base}/assign`,
      about: "Gives a support conversation to an agent, unless somebody else than `expected` has it.",
      answer: conversation,
      who: "person",
      params: conversationParams,
      body: assignBody,
      async handle({ params: { id }, body, ...caller }) {
        return answer(id, caller.person, await assign(database, id, body, actorOf(caller), caller.origin));
      },
    }),
  ];
}
