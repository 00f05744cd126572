/**
 * Why a gateway closes a connection. It closes the transport, never the namespace, so that every Socket.IO client
 * comes back by itself; `comeBack` says what it should do first. `docs/errors.md` shows this table, held against it by a test.
 */
export const closings = {
  token_expired: {
    comeBack: "with a fresh token",
    meaning: "The token expired and no refresh_token came; an error event TOKEN_EXPIRED precedes.",
  },
  revoked: {
    comeBack: "with a fresh token",
    meaning: "The person was revoked or banned; an error event UNAUTHENTICATED precedes.",
  },
  draining: { comeBack: "at once", meaning: "The gateway ends; server_draining preceded." },
  slow_reader: { comeBack: "and sync", meaning: "More than 1 MB waited for the client." },
  stuck_reader: { comeBack: "and sync", meaning: "What waited for the client did not move for 10 s." },
  flood: { comeBack: "slower", meaning: "200 refused commands within 10 s." },
} as const;

export type Closing = keyof typeof closings;
