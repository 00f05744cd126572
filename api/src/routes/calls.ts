import { createHmac } from "node:crypto";
import type { IceServer } from "@parloir/contracts/calls.ts";
import { iceServers } from "@parloir/contracts/shape-schemas.ts";
import type { CallConfig, TurnConfig } from "@parloir/platform/env-calls.ts";
import { type Route, route } from "../route.ts";

/** What a browser needs before it calls. The calls themselves are the gateways'. */
export function callRoutes({ stunUrls, turn }: CallConfig): Route[] {
  return [
    route({
      method: "get",
      path: "/api/calls/ice-servers",
      about: "The STUN and TURN servers for a call; TURN with credentials of one's own that soon end.",
      answer: iceServers,
      who: "person",
      async handle({ person }) {
        const stun: IceServer[] = stunUrls.length > 0 ? [{ urls: stunUrls }] : [];
        if (turn === null) return { data: { iceServers: stun, expiresAt: null } };
        const expiresAt = Math.floor(Date.now() / 1_000) + turn.ttlSeconds;
        return {
          data: {
            iceServers: [...stun, credentials(turn, person.id, expiresAt)],
            expiresAt: new Date(expiresAt * 1_000).toISOString(),
          },
        };
      },
    }),
  ];
}

/**
 * The scheme that coturn and others know as the TURN REST API: the name says until when it is good and for whom, the
 * password is its HMAC under the secret that the relay shares. The relay asks nobody, and has nothing to forget.
 */
function credentials({ urls, secret }: TurnConfig, userId: string, expiresAt: number): IceServer {
  const username = `${expiresAt}:${userId}`;
  return { urls, username, credential: createHmac("sha1", secret).update(username).digest("base64") };
}
