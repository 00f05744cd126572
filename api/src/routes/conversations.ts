import { CodedError } from "@parloir/contracts/errors.ts";
import {
  type CreateConversationBody,
  conversationParams,
  createConversationBody,
  defaultPageSize,
  listConversationsQuery,
  markReadBody,
} from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import {
  conversation,
  nothing,
  openConversation,
  pageOf,
  readMark,
} from "@parloir/contracts/shape-schemas.ts";
import type { ConversationKind, Subject } from "@parloir/contracts/shapes.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import { listConversations } from "@parloir/store/conversation-lists.ts";
import { clearConversation, findConversation } from "@parloir/store/conversations.ts";
import { createOrGetConversation, type NewConversation } from "@parloir/store/creation.ts";
import type { Database } from "@parloir/store/database.ts";
import { unreadTotals } from "@parloir/store/marks.ts";
import { readPages } from "@parloir/store/messages.ts";
import type { Cursors } from "../cursor.ts";
import type { MarkRead } from "../marks.ts";
import { type Route, route } from "../route.ts";
import type { AnnounceToAgents } from "../team.ts";
import { actorOf } from "./membership.ts";

export function conversationRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  announceToAgents: AnnounceToAgents;
  cursors: Cursors;
  markRead: MarkRead;
}): Route[] {
  const { database, publisher, cursors } = options;
  return [
    route({
      method: "get",
      path: "/api/messages/conversations",
      about: "One's conversations, newest activity first; an agent's view of support.",
      answer: pageOf(conversation),
      who: "person",
      query: listConversationsQuery,
      async handle({ query, person }) {
        const { isAgent } = actorOf({ person, byKey: false });
        if (query.view !== undefined && !isAgent) throw new CodedError("FORBIDDEN", "view is for agents");
        const scope = `conversations ${person.id}`;
        const [updatedAt, id] = query.cursor === undefined ? [] : cursors.open(scope, query.cursor);
        const limit = query.limit ?? defaultPageSize;
        const found = await listConversations(database, {
          userId: person.id,
          status: query.status ?? null,
          kind: query.kind ?? null,
          archived: query.archived === "true",
          view: query.view ?? null,
          text: query.q ?? null,
          before: updatedAt !== undefined && id !== undefined ? { updatedAt, id } : null,
          limit: limit + 1,
        });
        const items = found.slice(0, limit);
        const last = items.at(-1);
        const nextCursor =
          found.length > limit && last ? cursors.seal(scope, [last.updatedAt, last.id]) : null;
        return { data: { items, nextCursor } };
      },
    }),
    route({
      method: "post",
      path: "/api/messages/conversations",
      example: { recipientId: "seller-9", subject: { type: "listing", id: "ad-1", title: "A bicycle" } },
      about: "Creates a conversation or finds the one that exists.",
      answer: conversation,
      who: "either",
      scope: "conversations:write",
      body: createConversationBody,
      async handle({ body, person, byKey, origin }) {
        const wanted = byKey ? conversationOfHost(body) : conversationOfPerson(body, person.id);
        const { id, created, added, lines } = await createOrGetConversation(database, wanted, origin);
        for (const userId of added) {
          publisher.emit(rooms.user(userId), "conversation_added", { conversationId: id });
        }
        for (const line of lines) publisher.emit(rooms.conversation(id), "new_message", line);
        if (created || (byKey && added.length > 0)) options.announceToAgents(id);
        return {
          status: created ? 201 : 200,
          data: await findOrFail(database, id, byKey ? wanted.memberIds[0]! : person.id),
        };
      },
    }),
    route({
      method: "get",
      path: "/api/messages/conversations/:id",
      about: "A conversation and its newest 50 messages, oldest first.",
      answer: openConversation,
      who: "person",
      params: conversationParams,
      async handle({ params, person }) {
        const conversation = await findOrFail(database, params.id, person.id);
        const [page] = await readPages(database, [
          { conversationId: params.id, userId: person.id, limit: defaultPageSize },
        ]);
        return { data: { ...conversation, messages: page?.messages ?? [] } };
      },
    }),
    route({
      method: "delete",
      path: "/api/messages/conversations/:id",
      about: "Deletes it for me: the history is gone, the next message brings it back.",
      answer: nothing,
      who: "person",
      params: conversationParams,
      async handle({ params, person }) {
        if (!(await clearConversation(database, params.id, person.id))) throw notFound();
        const own = rooms.user(person.id);
        publisher.emit(own, "conversation_removed", { conversationId: params.id });
        const total = (await unreadTotals(database, [person.id])).get(person.id) ?? 0;
        publisher.emit(own, "unread", { total, conversationId: params.id, count: 0 });
        return { data: {} };
      },
    }),
    route({
      method: "post",
      path: "/api/messages/conversations/:id/read",
      about: "Raises one's read mark.",
      answer: readMark,
      who: "person",
      params: conversationParams,
      body: markReadBody,
      async handle({ params, body, person }) {
        const [result] = await options.markRead([
          { userId: person.id, conversationId: params.id, seq: body.seq },
        ]);
        if (!result?.ok) throw notFound();
        return { data: result.data };
      },
    }),
  ];
}

function notFound(): CodedError {
  return new CodedError("NOT_FOUND", "no such conversation");
}

async function findOrFail(database: Database, id: string, userId: string) {
  const conversation = await findConversation(database, id, userId);
  if (!conversation) throw notFound();
  return conversation;
}

/** direct needs recipientId; group memberIds; support neither. adId and adTitle are a listing as subject. */
function conversationOfPerson(body: CreateConversationBody, creatorId: string): NewConversation {
  const kind =
    body.kind ?? (body.recipientId !== undefined ? "direct" : body.memberIds ? "group" : "support");
  const { recipientId, memberIds } = body;
  if (kind === "direct") {
    if (recipientId === undefined || memberIds) throw invalid("direct takes recipientId and no memberIds");
    return newConversation(kind, [creatorId, recipientId], body, creatorId);
  }
  if (kind === "group") {
    if (!memberIds || recipientId !== undefined) throw invalid("group takes memberIds and no recipientId");
    return newConversation(kind, [creatorId, ...memberIds], body, creatorId);
  }
  if (memberIds || recipientId !== undefined)
    throw invalid("support takes neither recipientId nor memberIds");
  return newConversation(kind, [creatorId], body, creatorId);
}

/** A host's back end names all members, of any kind. Nobody counts as the creator. */
function conversationOfHost(body: CreateConversationBody): NewConversation {
  const { memberIds } = body;
  if (!memberIds || body.recipientId !== undefined)
    throw invalid("a server key gives memberIds and no recipientId");
  return newConversation(body.kind ?? (memberIds.length === 2 ? "direct" : "group"), memberIds, body, null);
}

function newConversation(
  kind: ConversationKind,
  members: string[],
  body: CreateConversationBody,
  createdBy: string | null,
): NewConversation {
  const memberIds = [...new Set(members)];
  const base = { kind, createdBy, memberIds, subject: subjectOf(body) };
  if (kind === "group") return { ...base, pair: null };
  if (kind === "support") return { ...base, pair: [memberIds[0]!, null] };
  const [low, high] = [...memberIds].sort();
  if (memberIds.length !== 2) throw invalid("direct is between two different people");
  return { ...base, pair: [low!, high!] };
}

function subjectOf(body: CreateConversationBody): Subject | null {
  if (body.subject && body.adId !== undefined) throw invalid("subject and adId exclude each other");
  if (body.adId !== undefined) return { type: "listing", id: body.adId, title: body.adTitle ?? body.adId };
  if (body.adTitle !== undefined) throw invalid("adTitle needs adId");
  return body.subject ?? null;
}

function invalid(message: string): CodedError {
  return new CodedError("INVALID", message);
}
