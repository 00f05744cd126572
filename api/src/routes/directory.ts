import { CodedError } from "@parloir/contracts/errors.ts";
import { defaultPageSize, type Page, searchDirectoryQuery } from "@parloir/contracts/http.ts";
import { contact, pageOf } from "@parloir/contracts/shape-schemas.ts";
import type { Contact } from "@parloir/contracts/shapes.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";
import type { Database } from "@parloir/store/database.ts";
import { searchDirectory } from "@parloir/store/directory.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";
import { actorOf } from "./membership.ts";

/** Whom one can choose to write to: docs/decisions/0039. */
export function directoryRoutes(options: {
  database: Database;
  cursors: Cursors;
  /** Everybody may find everybody; else only agents may. */
  everyone: boolean;
  searchLimit: TokenBuckets;
}): Route[] {
  const { database, cursors, searchLimit } = options;
  return [
    route({
      method: "get",
      path: "/api/people",
      about: "Whom one can find by name, to write to them.",
      answer: pageOf(contact),
      who: "person",
      ownLimit: true,
      query: searchDirectoryQuery,
      async handle({ query, person }) {
        const retryAfterMs = searchLimit.take(person.id);
        if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too many searches", { retryAfterMs });
        const text = query.q ?? null;
        const scope = `people ${person.id} ${text ?? ""}`;
        const [key, userId] = query.cursor === undefined ? [] : cursors.open(scope, query.cursor);
        const limit = query.limit ?? defaultPageSize;
        const found = await searchDirectory(database, {
          userId: person.id,
          everyone: options.everyone || actorOf({ person, byKey: false }).isAgent,
          text,
          after: key !== undefined && userId !== undefined ? { key, userId } : null,
          limit: limit + 1,
        });
        const last = found.length > limit ? found[limit - 1] : undefined;
        const nextCursor = last ? cursors.seal(scope, [last.sortKey, last.userId]) : null;
        const items = found.slice(0, limit).map(({ sortKey: _, ...one }): Contact => one);
        return { data: { items, nextCursor } satisfies Page<Contact> };
      },
    }),
  ];
}
