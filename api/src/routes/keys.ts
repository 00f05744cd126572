import { CodedError } from "@parloir/contracts/errors.ts";
import { defaultPageSize } from "@parloir/contracts/http.ts";
import {
  createKeyBody,
  defaultGraceSeconds,
  keyParams,
  listKeysQuery,
  type NewServerKey,
  rotateKeyBody,
  type Scope,
} from "@parloir/contracts/keys.ts";
import { newServerKey, pageOf, serverKey } from "@parloir/contracts/shape-schemas.ts";
import type { Database } from "@parloir/store/database.ts";
import { createKey, listKeys, revokeKey, rotateKey } from "@parloir/store/keys.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";
import { type KeyCaller, newKey } from "../server-keys.ts";

/** Server keys of back ends. The key itself stands in the answer that makes it, and nowhere else ever. */
export function keyRoutes(options: {
  database: Database;
  cursors: Cursors;
  forgetKeys: () => void;
}): Route[] {
  const { database, cursors, forgetKeys } = options;
  const access = { who: "admin", scope: "keys:manage" } as const;
  return [
    route({
      method: "post",
      path: "/api/keys",
      about: "Makes a server key; the answer alone holds it.",
      answer: newServerKey,
      ...access,
      body: createKeyBody,
      async handle({ body, key: caller, origin }) {
        const { name, expiresAt = null } = body;
        const scopes = [...new Set(body.scopes)];
        refuseMoreThanOwn(caller, scopes);
        if (expiresAt !== null && Date.parse(expiresAt) <= Date.now())
          throw new CodedError("INVALID", "expiresAt: has passed");
        const { key, ...kept } = newKey();
        const created = await createKey(database, { name, scopes, expiresAt, ...kept }, origin);
        return { status: 201, data: { ...created, key } satisfies NewServerKey };
      },
    }),
    route({
      method: "get",
      path: "/api/keys",
      about: "The server keys, without the keys themselves.",
      answer: pageOf(serverKey),
      ...access,
      query: listKeysQuery,
      async handle({ query }) {
        const [before = null] = query.cursor === undefined ? [] : cursors.open("keys", query.cursor);
        const limit = query.limit ?? defaultPageSize;
        const found = await listKeys(database, { before, limit: limit + 1 });
        const items = found.slice(0, limit);
        const last = items.at(-1);
        const nextCursor = found.length > limit && last ? cursors.seal("keys", [last.id]) : null;
        return { data: { items, nextCursor } };
      },
    }),
    route({
      method: "post",
      path: "/api/keys/:id/rotate",
      about: "Makes a key that takes the place of this one.",
      answer: newServerKey,
      ...access,
      params: keyParams,
      body: rotateKeyBody,
      bodyIsOptional: true,
      async handle({ params, body, key: caller, origin }) {
        const { graceSeconds = defaultGraceSeconds } = body;
        const { key, ...kept } = newKey();
        const check = (scopes: Scope[]) => refuseMoreThanOwn(caller, scopes);
        const created = await rotateKey(database, params.id, { ...kept, graceSeconds, check }, origin);
        forgetKeys();
        return { status: 201, data: { ...created, key } satisfies NewServerKey };
      },
    }),
    route({
      method: "delete",
      path: "/api/keys/:id",
      about: "Ends a server key.",
      answer: serverKey,
      ...access,
      params: keyParams,
      async handle({ params, origin }) {
        const revoked = await revokeKey(database, params.id, origin);
        forgetKeys();
        return { data: revoked };
      },
    }),
  ];
}

/** Else a key that may manage keys could make itself one that may do everything. */
function refuseMoreThanOwn(caller: KeyCaller | null, scopes: Scope[]): void {
  const missing = caller && scopes.find((scope) => !caller.scopes.includes(scope));
  if (missing) throw new CodedError("FORBIDDEN", `the key lacks the scope ${missing} itself`);
}
