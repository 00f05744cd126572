import { CodedError } from "@parloir/contracts/errors.ts";
import { defaultPageSize, type Page, searchQuery } from "@parloir/contracts/http.ts";
import { foundMessage, pageOf } from "@parloir/contracts/shape-schemas.ts";
import type { FoundMessage } from "@parloir/contracts/shapes.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";
import { customerNamesOf } from "@parloir/store/customers.ts";
import type { Reader } from "@parloir/store/database.ts";
import { type SearchPosition, searchMessages } from "@parloir/store/search.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";
import { snippetOf } from "../snippet.ts";
import { actorOf } from "./membership.ts";

export function searchRoutes(options: {
  reader: Reader;
  cursors: Cursors;
  searchLimit: TokenBuckets;
}): Route[] {
  const { reader, cursors, searchLimit } = options;
  return [
    route({
      method: "get",
      path: "/api/messages/search",
      about: "Full-text search in one's messages; agents search support as well.",
      answer: pageOf(foundMessage),
      who: "person",
      ownLimit: true,
      query: searchQuery,
      async handle({ query: { q, cursor, ...query }, person }) {
        const retryAfterMs = searchLimit.take(person.id);
        if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too many searches", { retryAfterMs });
        const limit = query.limit ?? defaultPageSize;
        const scope = `search ${person.id} ${q} ${JSON.stringify({ ...query, limit: undefined })}`;
        const before = cursor === undefined ? null : positionOf(cursors.open(scope, cursor));
        const words = wordsOf(q);
        const { isAgent } = actorOf({ person, byKey: false });
        const { subjectType: type, subjectId: id } = query;
        const found =
          words.length === 0
            ? []
            : await searchMessages(reader, {
                userId: person.id,
                isAgent,
                words,
                conversationId: query.conversationId ?? null,
                senderId: query.senderId ?? null,
                subject: type !== undefined && id !== undefined ? { type, id } : null,
                status: query.status ?? null,
                from: query.from ?? null,
                to: query.to ?? null,
                before,
                limit: limit + 1,
              });
        const shown = found.slice(0, limit);
        const customers = isAgent
          ? await customerNamesOf(reader, [...new Set(shown.map(({ message }) => message.conversationId))])
          : new Map<string, string>();
        const items = shown.map(({ message, marked }) => {
          const customerName = customers.get(message.conversationId);
          const snippet = snippetOf(message.content, marked);
          return { message, snippet, ...(customerName === undefined ? {} : { customerName }) };
        });
        const last = items.at(-1)?.message;
        const nextCursor =
          found.length > limit && last
            ? cursors.seal(scope, [last.createdAt, last.conversationId, String(last.seq)])
            : null;
        return { data: { items, nextCursor } satisfies Page<FoundMessage> };
      },
    }),
  ];
}

/** Whatever else somebody types separates words: a query has no syntax. */
function wordsOf(q: string): string[] {
  return q.normalize("NFKC").match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}

function positionOf([createdAt, conversationId, seq]: string[]): SearchPosition {
  return { createdAt: createdAt!, conversationId: conversationId!, seq: Number(seq) };
}
