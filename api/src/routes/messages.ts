import type { IncomingMessage } from "node:http";
import { CodedError } from "@parloir/contracts/errors.ts";
import {
  defaultPageSize,
  type HistoryQuery,
  historyQuery,
  sendMessageBody,
} from "@parloir/contracts/http.ts";
import { checkSend } from "@parloir/contracts/parse.ts";
import { historyPage, sentMessage, unreadCounts } from "@parloir/contracts/shape-schemas.ts";
import { traceparent } from "@parloir/contracts/traceparent.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";
import { type Tracing, traced } from "@parloir/platform/tracing.ts";
import type { Database, Reader } from "@parloir/store/database.ts";
import { unreadSummary } from "@parloir/store/marks.ts";
import { type PageRequest, readPages } from "@parloir/store/messages.ts";
import type { Submit } from "../answers.ts";
import { changeReached } from "../change-reached.ts";
import { messageOf } from "../commit/message.ts";
import { type Route, route } from "../route.ts";

export function messageRoutes(options: {
  database: Database;
  /** For pages of the history. */
  reader: Reader;
  submit: Submit;
  tracing: Tracing;
  sendLimit: TokenBuckets;
}): Route[] {
  const { database, reader } = options;
  return [
    route({
      method: "post",
      path: "/api/messages",
      example: {
        conversationId: "01980000-0000-7000-8000-000000000001",
        clientMessageId: "5b1f0f0e-6a1c-4a55-9a39-6a2f7a1e9c55",
        content: "Is it still available?",
      },
      about: "Sends a message.",
      answer: sentMessage,
      who: "person",
      ownLimit: true,
      body: sendMessageBody,
      async handle({ body, person, request }) {
        checkSend(body);
        const retryAfterMs = options.sendLimit.take(person.id);
        if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too many messages", { retryAfterMs });
        const span = options.tracing.enter("send_message", body.traceparent ?? headerOf(request));
        const send = { ...body, senderId: person.id, traceparent: span?.traceparent };
        const submitted = options.submit(send);
        const committed = await (span ? traced(span, submitted) : submitted);
        if (!committed.duplicate) {
          return { status: 201, data: { ...messageOf(send, committed), duplicate: false } };
        }
        const stored = await readOne(database, body.conversationId, person.id, committed.seq);
        return { data: { ...stored, duplicate: true } };
      },
    }),
    route({
      method: "get",
      path: "/api/messages",
      about: "The history, ascending, by pages.",
      answer: historyPage,
      who: "person",
      query: historyQuery,
      async handle({ query, person }) {
        const limit = query.limit ?? defaultPageSize;
        const [page] = await readPages(reader, [
          { ...pageRequest(query, limit), userId: person.id, limit: limit + 1 },
        ]);
        if (!page) throw new CodedError("NOT_FOUND", "no such conversation");
        const forward = query.after !== undefined || query.page !== undefined;
        const hasMore = page.messages.length > limit;
        const messages = forward ? page.messages.slice(0, limit) : page.messages.slice(-limit);
        const { lastChange } = changeReached({ ...page, messages }, { ...query, limit });
        return { data: { messages, lastSeq: page.lastSeq, lastChange, hasMore } };
      },
    }),
    route({
      method: "get",
      path: "/api/messages/unread",
      about: "How much is unread, in all and by conversation.",
      answer: unreadCounts,
      who: "person",
      handle: async ({ person }) => ({ data: await unreadSummary(database, person.id) }),
    }),
  ];
}

/** What is no trace context is passed over, as the specification has it. */
function headerOf({ headers }: IncomingMessage): string | undefined {
  const header = headers.traceparent;
  return header === undefined ? undefined : traceparent.safeParse(header).data;
}

/** `page` counts from the oldest message, which is plain arithmetic on a gapless seq. */
function pageRequest(query: HistoryQuery, limit: number): Omit<PageRequest, "userId" | "limit"> {
  const { conversationId, after, before, change } = query;
  if (query.page !== undefined) return { conversationId, after: 0, skip: (query.page - 1) * limit };
  return { conversationId, after, before, change };
}

async function readOne(database: Database, conversationId: string, userId: string, seq: number) {
  const [page] = await readPages(database, [{ conversationId, userId, after: seq - 1, limit: 1 }]);
  const message = page?.messages[0];
  if (!message) throw new CodedError("NOT_FOUND", "no such message");
  return message;
}
