import { CodedError } from "@parloir/contracts/errors.ts";
import { banBody, userParams } from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import { standing } from "@parloir/contracts/shape-schemas.ts";
import type { Standing } from "@parloir/contracts/shapes.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { Database } from "@parloir/store/database.ts";
import { banPerson, findStanding, revokePerson, unbanPerson } from "@parloir/store/standing.ts";
import { type Route, type RouteAnswer, route } from "../route.ts";

/**
 * Revocation and ban. In force here at once, at other apis within 3 s; gateways hear of it by the person's room, and
 * from the api every two seconds when pub/sub is down.
 */
export function standingRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  forgetPerson: (userId: string) => void;
}): Route[] {
  const { database } = options;
  const access = { who: "admin", scope: "users:revoke", params: userParams } as const;

  function announce(present: Standing): RouteAnswer {
    const { userId, tokensValidFrom } = present;
    options.forgetPerson(userId);
    if (tokensValidFrom !== null) {
      options.publisher.notify(rooms.user(userId), "tokens_revoked", { userId, tokensValidFrom });
    }
    return { data: present };
  }

  return [
    route({
      method: "post",
      path: "/api/users/:id/revoke",
      about: "Ends all of a person's tokens and sockets.",
      answer: standing,
      ...access,
      handle: async ({ params, origin }) => announce(await revokePerson(database, params.id, origin)),
    }),
    route({
      method: "put",
      path: "/api/users/:id/ban",
      about: "Ends all of a person's tokens and sockets, and refuses new ones until the ban is lifted.",
      answer: standing,
      ...access,
      body: banBody,
      bodyIsOptional: true,
      async handle({ params, body, person, byKey, origin }) {
        if (!byKey && person.id === params.id) throw new CodedError("INVALID", "nobody bans themselves");
        return announce(await banPerson(database, params.id, body.reason ?? null, origin));
      },
    }),
    route({
      method: "delete",
      path: "/api/users/:id/ban",
      about: "Lifts a ban.",
      answer: standing,
      ...access,
      handle: async ({ params, origin }) => announce(await unbanPerson(database, params.id, origin)),
    }),
    route({
      method: "get",
      path: "/api/users/:id/standing",
      about: "Whether a person is banned, and since when their tokens count.",
      answer: standing,
      ...access,
      async handle({ params }) {
        const present = await findStanding(database, params.id);
        if (!present) throw new CodedError("NOT_FOUND", "no such person");
        return { data: present };
      },
    }),
  ];
}
