import { CodedError } from "@parloir/contracts/errors.ts";
import { userParams } from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import { passwordBody, type SignedIn, signInBody } from "@parloir/contracts/session.ts";
import { issuedToken, nothing, person } from "@parloir/contracts/shape-schemas.ts";
import type { AttemptLimit } from "@parloir/platform/attempt-limit.ts";
import { networkOf } from "@parloir/platform/client-address.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";
import { type Origin, record } from "@parloir/store/audit.ts";
import type { Database } from "@parloir/store/database.ts";
import { findPerson } from "@parloir/store/people.ts";
import { endSession, rotateSession, setPassword, startSession } from "@parloir/store/sessions.ts";
import * as z from "zod/mini";
import type { Passwords } from "../passwords.ts";
import { type Route, route } from "../route.ts";
import {
  createSessionCookie,
  hashOfSecret,
  newSecret,
  newSessionToken,
  refuseForeignPage,
} from "../session-cookie.ts";
import { createSignIn } from "../sign-in.ts";
import type { MintToken } from "../standing.ts";

const signedInAnswer = z.strictObject({ ...issuedToken.shape, user: person });

/** Short, because a page renews it by its session without anybody noticing. */
const tokenTtlSeconds = 600;

export interface SessionOptions {
  database: Database;
  publisher: RoomPublisher;
  mintToken: MintToken;
  passwords: Passwords;
  /** Bad sign-ins, by account and by address. */
  attempts: AttemptLimit;
  /** Requests with a cookie, by address. */
  refreshes: TokenBuckets;
  forgetPerson: (userId: string) => void;
  allowedOrigins: string[];
  production: boolean;
}

/** Sign-in with e-mail and password, for those who have no host application that signs people in. */
export function sessionRoutes(options: SessionOptions): Route[] {
  const { database, mintToken, allowedOrigins } = options;
  const cookie = createSessionCookie(options.production);
  const signIn = createSignIn(options);

  async function signedIn(userId: string): Promise<SignedIn> {
    const user = await findPerson(database, userId);
    if (!user) throw new CodedError("UNAUTHENTICATED", "no such session");
    return { ...(await mintToken(userId, tokenTtlSeconds)), user };
  }

  function spend({ address }: Origin): void {
    const retryAfterMs = options.refreshes.take(networkOf(address ?? ""));
    if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too many requests", { retryAfterMs });
  }

  return [
    route({
      method: "post",
      path: "/api/session",
      about: "Signs in with e-mail and password. The session is a cookie.",
      answer: signedInAnswer,
      who: "anyone",
      body: signInBody,
      async handle({ body, request: { headers }, origin }) {
        refuseForeignPage(headers, { allowedOrigins, needsHeader: false });
        const userId = await signIn(body, origin);
        const data = await signedIn(userId).catch(async (error: unknown) => {
          await record(database.query, origin, { action: "session.refused", target: userId });
          throw error;
        });
        const token = newSessionToken();
        await startSession(database, { id: token.id, userId, tokenHash: hashOfSecret(token.secret) }, origin);
        return { status: 201, data, cookie: cookie.write(token) };
      },
    }),
    route({
      method: "post",
      path: "/api/session/refresh",
      about: "A fresh token by the session of the cookie, which is replaced.",
      answer: signedInAnswer,
      who: "anyone",
      async handle({ request: { headers }, origin }) {
        refuseForeignPage(headers, { allowedOrigins, needsHeader: true });
        spend(origin);
        const present = cookie.read(headers);
        const next = newSecret();
        const userId =
          present &&
          (await rotateSession(
            database,
            { id: present.id, presented: hashOfSecret(present.secret), next: hashOfSecret(next) },
            origin,
          ));
        if (!present || userId === null) throw new CodedError("UNAUTHENTICATED", "no such session");
        return { data: await signedIn(userId), cookie: cookie.write({ id: present.id, secret: next }) };
      },
    }),
    route({
      method: "delete",
      path: "/api/session",
      about: "Signs out: ends the session of the cookie.",
      answer: nothing,
      who: "anyone",
      async handle({ request: { headers }, origin }) {
        refuseForeignPage(headers, { allowedOrigins, needsHeader: true });
        spend(origin);
        const present = cookie.read(headers);
        if (present)
          await endSession(database, { id: present.id, presented: hashOfSecret(present.secret) }, origin);
        return { data: {}, cookie: cookie.clear() };
      },
    }),
    route({
      method: "put",
      path: "/api/users/:id/password",
      about: "Sets a person's password for the standalone sign-in.",
      answer: nothing,
      who: "admin",
      scope: "users:write",
      params: userParams,
      body: passwordBody,
      async handle({ params: { id: userId }, body, origin }) {
        const hash = await options.passwords.hash(body.password);
        const { isNew, tokensValidFrom } = await setPassword(database, userId, hash, origin);
        if (!isNew && tokensValidFrom !== null) {
          options.forgetPerson(userId);
          options.publisher.notify(rooms.user(userId), "tokens_revoked", { userId, tokensValidFrom });
        }
        return { status: isNew ? 201 : 200, data: {} };
      },
    }),
  ];
}
