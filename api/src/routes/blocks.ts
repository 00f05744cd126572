import { CodedError } from "@parloir/contracts/errors.ts";
import { blockParams, defaultPageSize, listBlocksQuery } from "@parloir/contracts/http.ts";
import { block, nothing, pageOf } from "@parloir/contracts/shape-schemas.ts";
import { deleteBlock, listBlocks, putBlock } from "@parloir/store/blocks.ts";
import { type Database, isForeignKeyViolation } from "@parloir/store/database.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";

/** Whom one wants to hear nothing from. The blocked person is not told; the commit statement refuses their sends. */
export function blockRoutes(options: { database: Database; cursors: Cursors }): Route[] {
  const { database, cursors } = options;
  return [
    route({
      method: "get",
      path: "/api/blocks",
      about: "Whom one has blocked.",
      answer: pageOf(block),
      who: "person",
      query: listBlocksQuery,
      async handle({ query, person }) {
        const scope = `blocks ${person.id}`;
        const [from = ""] = query.cursor === undefined ? [] : cursors.open(scope, query.cursor);
        const limit = query.limit ?? defaultPageSize;
        const found = await listBlocks(database, { blockerId: person.id, from, limit: limit + 1 });
        const next = found[limit];
        return {
          data: {
            items: found.slice(0, limit),
            nextCursor: next ? cursors.seal(scope, [next.userId]) : null,
          },
        };
      },
    }),
    route({
      method: "put",
      path: "/api/blocks/:userId",
      about: "Blocks a person: neither can write to the other any more.",
      answer: block,
      who: "person",
      params: blockParams,
      async handle({ params, person }) {
        if (params.userId === person.id) throw new CodedError("INVALID", "nobody blocks themselves");
        const { block, created } = await put(database, person.id, params.userId);
        return { status: created ? 201 : 200, data: block };
      },
    }),
    route({
      method: "delete",
      path: "/api/blocks/:userId",
      about: "Ends a block.",
      answer: nothing,
      who: "person",
      params: blockParams,
      async handle({ params, person }) {
        await deleteBlock(database, person.id, params.userId);
        return { data: {} };
      },
    }),
  ];
}

async function put(database: Database, blockerId: string, blockedId: string) {
  try {
    return await putBlock(database, blockerId, blockedId);
  } catch (error) {
    if (isForeignKeyViolation(error)) throw new CodedError("NOT_FOUND", "no such person");
    throw error;
  }
}
