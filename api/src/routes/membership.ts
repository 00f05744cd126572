import { CodedError } from "@parloir/contracts/errors.ts";
import { addMemberBody, conversationParams, memberParams, muteBody } from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import { conversation, sharedConversation } from "@parloir/contracts/shape-schemas.ts";
import type { Person } from "@parloir/contracts/shapes.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import { findConversation } from "@parloir/store/conversations.ts";
import type { Database } from "@parloir/store/database.ts";
import { unreadTotals } from "@parloir/store/marks.ts";
import {
  type Actor,
  addMember,
  leaveGroup,
  type MembersChange,
  removeMember,
  setArchived,
  setMuted,
} from "@parloir/store/members.ts";
import { announceUpdate } from "../answers.ts";
import { type Route, type RouteAnswer, route } from "../route.ts";
import type { AnnounceToAgents } from "../team.ts";

const base = "/api/messages/conversations/:id";

/** Who is in a conversation, and what of it one keeps for oneself: archived, muted. */
export function membershipRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  announceToAgents: AnnounceToAgents;
}): Route[] {
  const { database, publisher, announceToAgents } = options;

  async function own(id: string, person: Person, isMember: boolean): Promise<RouteAnswer> {
    const conversation = isMember ? await findConversation(database, id, person.id) : null;
    if (!conversation) throw new CodedError("NOT_FOUND", "no such conversation");
    return { data: conversation };
  }

  async function announceRemoval(
    id: string,
    userId: string,
    { line, conversation }: Pick<MembersChange, "line" | "conversation">,
  ): Promise<void> {
    publisher.emit(rooms.user(userId), "conversation_removed", { conversationId: id });
    announceUpdate(publisher, conversation, line);
    announceToAgents(id);
    const total = (await unreadTotals(database, [userId])).get(userId) ?? 0;
    publisher.emit(rooms.user(userId), "unread", { total, conversationId: id, count: 0 });
  }

  const archiving = (action: "archive" | "unarchive") =>
    route({
      method: "post",
      path: `${base}/${action}`,
      about: "Puts a conversation away for oneself, or back.",
      answer: conversation,
      who: "person",
      params: conversationParams,
      handle: async ({ params, person }) =>
        own(params.id, person, await setArchived(database, params.id, person.id, action === "archive")),
    });

  return [
    archiving("archive"),
    archiving("unarchive"),
    route({
      method: "post",
      path: `${base}/mute`,
      about: "No notifications for oneself, until a time or until ended.",
      answer: conversation,
      who: "person",
      params: conversationParams,
      body: muteBody,
      bodyIsOptional: true,
      handle: async ({ params, body, person }) =>
        own(params.id, person, await setMuted(database, params.id, person.id, body.until)),
    }),
    route({
      method: "post",
      path: `${base}/leave`,
      about: "Leaves a group.",
      answer: conversation,
      who: "person",
      params: conversationParams,
      async handle({ params, person }) {
        const left = await leaveGroup(database, params.id, person.id);
        await announceRemoval(params.id, person.id, left);
        return { data: left.own };
      },
    }),
    route({
      method: "post",
      path: `${base}/members`,
      about: "Adds a member.",
      answer: sharedConversation,
      who: "either",
      scope: "conversations:write",
      params: conversationParams,
      body: addMemberBody,
      async handle({ params: { id }, body: { userId }, ...caller }) {
        const actor = actorOf(caller);
        const { changed, line, conversation } = await addMember(database, id, userId, actor, caller.origin);
        if (changed) {
          publisher.emit(rooms.user(userId), "conversation_added", { conversationId: id });
          announceUpdate(publisher, conversation, line);
          announceToAgents(id);
        }
        return { status: changed ? 201 : 200, data: conversation };
      },
    }),
    route({
      method: "delete",
      path: `${base}/members/:userId`,
      about: "Removes a member.",
      answer: sharedConversation,
      who: "either",
      scope: "conversations:write",
      params: memberParams,
      async handle({ params: { id, userId }, ...caller }) {
        const actor = actorOf(caller);
        const removal = await removeMember(database, id, userId, actor, caller.origin);
        if (removal.changed) await announceRemoval(id, userId, removal);
        return { data: removal.conversation };
      },
    }),
  ];
}

export function actorOf({ person, byKey }: { person: Person; byKey: boolean }): Actor {
  if (byKey) return { userId: null, isAgent: false };
  return { userId: person.id, isAgent: person.role === "agent" || person.role === "admin" };
}
