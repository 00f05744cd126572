import { CodedError } from "@parloir/contracts/errors.ts";
import type { Scope } from "@parloir/contracts/keys.ts";
import type { Person } from "@parloir/contracts/shapes.ts";
import { bearerOf, type Identity, type VerifyToken } from "@parloir/platform/auth.ts";
import type { Database } from "@parloir/store/database.ts";
import { type KnownPerson, recognisePeople } from "@parloir/store/people.ts";
import type { KeyCaller, RecogniseKey } from "./server-keys.ts";
import { refuseRevoked } from "./standing.ts";

/**
 * Who may call a route. `person`: an access token; `key`: a server key; `either`: one of the two; `admin`: an access
 * token of an administrator, or a server key; `anyone`: no credentials. A key must be allowed the route's scope.
 */
export type Access =
  | { who: "person" | "anyone"; scope?: undefined }
  | { who: "key" | "either" | "admin"; scope: Scope };

export type Caller = { person: Person | null; key: KeyCaller | null };

/**
 * Says who calls. A person is as the database knows them: its role counts, not the token's.
 * @throws CodedError UNAUTHENTICATED, TOKEN_EXPIRED or FORBIDDEN
 */
export type Authenticate = (access: Access, authorization: string | undefined) => Promise<Caller>;

/** A role, a revocation or a ban in the database is in force at every api after this long. */
const rememberMs = 3_000;
const rememberAtMost = 10_000;

export function createAuthenticate(options: {
  verifyToken: VerifyToken;
  recogniseKey: RecogniseKey;
  database: Database;
}): { authenticate: Authenticate; forgetPerson: (userId: string) => void } {
  const remembered = new Map<string, { known: KnownPerson; until: number }>();

  async function personOf(token: string | null): Promise<Person> {
    if (token === null) throw new CodedError("UNAUTHENTICATED", "an access token is required");
    const identity = await options.verifyToken(token);
    const known = await look(identity);
    refuseRevoked(known, identity.issuedAt);
    return known.person;
  }

  async function look({ userId: id, name, email, role }: Identity): Promise<KnownPerson> {
    const before = remembered.get(id);
    if (before && before.until > performance.now()) return before.known;
    const until = performance.now() + rememberMs;
    const known = (await recognisePeople(options.database, [{ id, name, email, role }]))[0]!;
    if (remembered.size >= rememberAtMost) remembered.clear();
    remembered.set(id, { known, until });
    return known;
  }

  const authenticate: Authenticate = async ({ who, scope }, authorization) => {
    if (who === "anyone") return { person: null, key: null };
    const given = bearerOf(authorization);
    const key = scope === undefined || given === null ? null : await options.recogniseKey(given);
    if (key && scope !== undefined) {
      if (!key.scopes.includes(scope)) throw new CodedError("FORBIDDEN", `the key lacks the scope ${scope}`);
      return { person: null, key };
    }
    if (who === "key") throw new CodedError("UNAUTHENTICATED", "a server key is required");
    const person = await personOf(given);
    if (who === "admin" && person.role !== "admin")
      throw new CodedError("FORBIDDEN", "only administrators and server keys may do this");
    return { person, key: null };
  };

  return { authenticate, forgetPerson: (userId) => void remembered.delete(userId) };
}
