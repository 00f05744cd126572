import { CodedError } from "@parloir/contracts/errors.ts";
import { createTokenBody, putUserBody, userParams } from "@parloir/contracts/http.ts";
import { issuedToken, person } from "@parloir/contracts/shape-schemas.ts";
import type { Database } from "@parloir/store/database.ts";
import { findPerson, putPerson } from "@parloir/store/people.ts";
import { type Route, route } from "../route.ts";
import type { MintToken } from "../standing.ts";

const defaultTokenTtlSeconds = 3_600;

/** Provisioning by the host's back end, its tokens for browsers, and `me`. */
export function peopleRoutes(options: { database: Database; mintToken: MintToken }): Route[] {
  const { database } = options;
  return [
    route({
      method: "put",
      path: "/api/users/:id",
      example: { name: "Ada Lovelace", role: "client", locale: "fr" },
      about: "Creates a person, or replaces what is known of them.",
      answer: person,
      who: "key",
      scope: "users:write",
      params: userParams,
      body: putUserBody,
      async handle({ params, body, origin }) {
        const { person, created } = await putPerson(database, { id: params.id, ...body }, origin);
        return { status: created ? 201 : 200, data: person };
      },
    }),
    route({
      method: "get",
      path: "/api/users/:id",
      about: "A person.",
      answer: person,
      who: "admin",
      scope: "users:read",
      params: userParams,
      async handle({ params }) {
        return { data: await personOrNotFound(database, params.id) };
      },
    }),
    route({
      method: "post",
      path: "/api/tokens",
      about: "Mints an access token for a person.",
      answer: issuedToken,
      example: { userId: "u1", ttlSeconds: 900, channels: ["ticket:7"] },
      who: "key",
      scope: "tokens:mint",
      body: createTokenBody,
      async handle({ body }) {
        const ttl = body.ttlSeconds ?? defaultTokenTtlSeconds;
        return { status: 201, data: await options.mintToken(body.userId, ttl, body.channels) };
      },
    }),
    route({
      method: "get",
      path: "/api/me",
      about: "Who one is.",
      answer: person,
      who: "person",
      handle: async ({ person }) => ({ data: person }),
    }),
  ];
}

async function personOrNotFound(database: Database, id: string) {
  const person = await findPerson(database, id);
  if (!person) throw new CodedError("NOT_FOUND", "no such person");
  return person;
}
