import { CodedError } from "@parloir/contracts/errors.ts";
import { userParams } from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import { eraseQuery } from "@parloir/contracts/privacy.ts";
import { erasure, personalData } from "@parloir/contracts/shape-schemas.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";
import { record } from "@parloir/store/audit.ts";
import type { Database } from "@parloir/store/database.ts";
import { beginErasure, findErasure } from "@parloir/store/erasure.ts";
import { findPerson } from "@parloir/store/people.ts";
import { findStanding } from "@parloir/store/standing.ts";
import { exportPerson } from "../export.ts";
import { type Route, route } from "../route.ts";

const path = "/api/users/:id";

/** What is stored about a person: given to them, and taken away. */
export function privacyRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  forgetPerson: (userId: string) => void;
  exportLimit: TokenBuckets;
}): Route[] {
  const { database } = options;

  /** Closes their sockets, as a revocation does: the erasure has ended their tokens. */
  async function closeSockets(userId: string): Promise<void> {
    options.forgetPerson(userId);
    const standing = await findStanding(database, userId);
    if (!standing?.tokensValidFrom) return;
    const { tokensValidFrom } = standing;
    options.publisher.notify(rooms.user(userId), "tokens_revoked", { userId, tokensValidFrom });
  }

  return [
    route({
      method: "get",
      path: `${path}/export`,
      about: "Everything that is stored about a person, of oneself or by an operator.",
      answer: personalData,
      who: "either",
      scope: "users:erase",
      params: userParams,
      async handle({ params: { id }, person, byKey, origin }) {
        const asOperator = byKey || person.role === "admin";
        if (!asOperator && person.id !== id) throw new CodedError("FORBIDDEN", "one exports oneself");
        const retryAfterMs = byKey ? 0 : options.exportLimit.take(person.id);
        if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too many exports", { retryAfterMs });
        const exported = await findPerson(database, id);
        if (!exported) throw new CodedError("NOT_FOUND", "no such person");
        await record(database.query, origin, { action: "user.exported", target: id });
        const lines = exportPerson(database, exported, asOperator);
        return { stream: { type: "application/json", name: "export.json", lines } };
      },
    }),
    route({
      method: "delete",
      path,
      about: "Erases a person: tokens, name and sockets at once, the rest by a job.",
      answer: erasure,
      who: "admin",
      scope: "users:erase",
      params: userParams,
      query: eraseQuery,
      async handle({ params: { id }, query, person, byKey, origin }) {
        if (!byKey && person.id === id) throw new CodedError("INVALID", "nobody erases themselves");
        const begun = await beginErasure(database, id, query.messages === "keep", origin);
        await closeSockets(id);
        return { status: 202, data: begun };
      },
    }),
    route({
      method: "get",
      path: `${path}/erasure`,
      about: "How far the erasure of a person is.",
      answer: erasure,
      who: "admin",
      scope: "users:erase",
      params: userParams,
      async handle({ params: { id } }) {
        const found = await findErasure(database, id);
        if (!found) throw new CodedError("NOT_FOUND", "no such erasure");
        return { data: found };
      },
    }),
  ];
}
