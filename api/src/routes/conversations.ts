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
import type { Subject } from "@parloir/contracts/shapes.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import {
  clearConversation,
  createOrGetConversation,
  findConversation,
  listConversations,
  type NewConversation,
} from "@parloir/store/conversations.ts";
import { type Database, isForeignKeyViolation } from "@parloir/store/database.ts";
import { readPages } from "@parloir/store/messages.ts";
import type { Cursors } from "../cursor.ts";
import type { MarkRead } from "../marks.ts";
import { type Route, route } from "../route.ts";

export function conversationRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  cursors: Cursors;
  markRead: MarkRead;
}): Route[] {
  const { database, publisher, cursors } = options;
  return [
    route({
      method: "get",
      path: "/api/messages/conversations",
      who: "person",
      query: listConversationsQuery,
      async handle({ query, person }) {
        const scope = `conversations ${person.id}`;
        const [updatedAt, id] = query.cursor === undefined ? [] : cursors.open(scope, query.cursor);
        const limit = query.limit ?? defaultPageSize;
        const found = await listConversations(database, {
          userId: person.id,
          status: query.status ?? null,
          kind: query.kind ?? null,
          archived: query.archived === "true",
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
      who: "person",
      body: createConversationBody,
      async handle({ body, person }) {
        const wanted = newConversation(body, person.id);
        const { id, created } = await create(database, wanted);
        if (created) {
          for (const userId of new Set(wanted.memberIds)) {
            publisher.emit(rooms.user(userId), "conversation_added", { conversationId: id });
          }
        }
        return { status: created ? 201 : 200, data: await findOrFail(database, id, person.id) };
      },
    }),
    route({
      method: "get",
      path: "/api/messages/conversations/:id",
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
      who: "person",
      params: conversationParams,
      async handle({ params, person }) {
        if (!(await clearConversation(database, params.id, person.id))) throw notFound();
        publisher.emit(rooms.user(person.id), "conversation_removed", { conversationId: params.id });
        return { data: {} };
      },
    }),
    route({
      method: "post",
      path: "/api/messages/conversations/:id/read",
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

async function create(database: Database, wanted: NewConversation) {
  try {
    return await createOrGetConversation(database, wanted);
  } catch (error) {
    if (isForeignKeyViolation(error)) throw new CodedError("NOT_FOUND", "no such person");
    throw error;
  }
}

/** direct needs recipientId; group memberIds; support neither. adId and adTitle are a listing as subject. */
function newConversation(body: CreateConversationBody, creatorId: string): NewConversation {
  const kind =
    body.kind ?? (body.recipientId !== undefined ? "direct" : body.memberIds ? "group" : "support");
  const subject = subjectOf(body);
  const base = { kind, createdBy: creatorId, subject };
  if (kind === "direct") {
    const { recipientId } = body;
    if (recipientId === undefined || body.memberIds)
      throw invalid("direct takes recipientId and no memberIds");
    if (recipientId === creatorId) throw invalid("recipientId: nobody talks to themselves here");
    const pair = [creatorId, recipientId].sort() as [string, string];
    return { ...base, memberIds: pair, pair };
  }
  if (kind === "group") {
    if (!body.memberIds || body.recipientId !== undefined)
      throw invalid("group takes memberIds and no recipientId");
    return { ...base, memberIds: [creatorId, ...body.memberIds], pair: null };
  }
  if (body.memberIds || body.recipientId !== undefined)
    throw invalid("support takes neither recipientId nor memberIds");
  return { ...base, memberIds: [creatorId], pair: [creatorId, null] };
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
