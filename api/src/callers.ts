import { CodedError } from "@parloir/contracts/errors.ts";
import type { Person } from "@parloir/contracts/shapes.ts";
import { bearerOf, sameSecret, type VerifyToken } from "@parloir/platform/auth.ts";
import type { Database } from "@parloir/store/database.ts";
import { recognisePeople } from "@parloir/store/people.ts";

/** `person`: an access token; `key`: a server key; `either`: one of the two; `anyone`: no credentials. */
export type Who = "person" | "key" | "either" | "anyone";

/**
 * Says who calls. For an access token the answer is the person as the database knows them: its role counts, not the
 * token's; else null. @throws CodedError UNAUTHENTICATED or TOKEN_EXPIRED
 */
export type Authenticate = (who: Who, authorization: string | undefined) => Promise<Person | null>;

/** A role that changes in the database is in force everywhere after this long. */
const rememberMs = 5_000;
const rememberAtMost = 10_000;

export function createAuthenticate(options: {
  verifyToken: VerifyToken;
  serverKey: string;
  database: Database;
}): Authenticate {
  const remembered = new Map<string, { person: Person; until: number }>();

  async function personOf(authorization: string | undefined): Promise<Person> {
    const token = bearerOf(authorization);
    if (token === null) throw new CodedError("UNAUTHENTICATED", "an access token is required");
    const identity = await options.verifyToken(token);
    const known = remembered.get(identity.userId);
    if (known && known.until > Date.now()) return known.person;
    const { userId: id, name, email, role } = identity;
    const person = (await recognisePeople(options.database, [{ id, name, email, role }]))[0]!;
    if (remembered.size >= rememberAtMost) remembered.clear();
    remembered.set(id, { person, until: Date.now() + rememberMs });
    return person;
  }

  return async (who, authorization) => {
    if (who === "anyone") return null;
    const given = bearerOf(authorization);
    const isKey = given !== null && sameSecret(given, options.serverKey);
    if (who === "key" && !isKey) throw new CodedError("UNAUTHENTICATED", "a server key is required");
    if (who === "key" || (who === "either" && isKey)) return null;
    return personOf(authorization);
  };
}
