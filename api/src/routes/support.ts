import { CodedError } from "@parloir/contracts/errors.ts";
import { assignBody, conversationParams } from "@parloir/contracts/http.ts";
import type { ConversationStatus, Person } from "@parloir/contracts/shapes.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import { findConversation } from "@parloir/store/conversations.ts";
import type { Database } from "@parloir/store/database.ts";
import { assign, type SupportChange, setStatus } from "@parloir/store/support.ts";
import { announceSupport } from "../answers.ts";
import { type Route, type RouteAnswer, route } from "../route.ts";
import { actorOf } from "./membership.ts";

const base = "/api/messages/conversations/:id";

/** What agents do with support conversations. */
export function supportRoutes(options: { database: Database; publisher: RoomPublisher }): Route[] {
  const { database, publisher } = options;

  async function answer(id: string, person: Person, change: SupportChange): Promise<RouteAnswer> {
    announceSupport(publisher, change);
    const conversation = await findConversation(database, id, person.id);
    if (!conversation) throw new CodedError("NOT_FOUND", "no such conversation");
    return { data: conversation };
  }

  const status = (action: string, wanted: ConversationStatus) =>
    route({
      method: "post",
      path: `${base}/${action}`,
      who: "person",
      params: conversationParams,
      async handle({ params: { id }, ...caller }) {
        return answer(id, caller.person, await setStatus(database, id, wanted, actorOf(caller)));
      },
    });

  return [
    status("close", "closed"),
    status("reopen", "open"),
    status("pending", "pending"),
    route({
      method: "post",
      path: `${base}/assign`,
      who: "person",
      params: conversationParams,
      body: assignBody,
      async handle({ params: { id }, body, ...caller }) {
        return answer(id, caller.person, await assign(database, id, body, actorOf(caller)));
      },
    }),
  ];
}
