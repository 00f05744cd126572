import { CodedError, errorBody } from "@parloir/contracts/errors.ts";
import type { Identity, VerifyToken } from "@parloir/platform/auth.ts";
import type { GatewaySocket } from "./context.ts";

/** Who may connect. Every refusal of a person is a `connect_error` that carries `{code, message, retryable}`. */

/** @throws CodedError UNAUTHENTICATED or TOKEN_EXPIRED */
export async function identify(socket: GatewaySocket, verifyToken: VerifyToken): Promise<Identity> {
  const { auth, query } = socket.handshake;
  if (query.token !== undefined || query.access_token !== undefined) {
    throw new CodedError("UNAUTHENTICATED", "a token in the address would be logged: send it in auth");
  }
  const token: unknown = typeof auth === "object" && auth !== null ? auth.token : undefined;
  if (typeof token !== "string" || token === "")
    throw new CodedError("UNAUTHENTICATED", "an access token is required");
  return verifyToken(token);
}

/** What Socket.IO's middleware turns into a `connect_error` with `data`. */
export function refusal(error: CodedError): Error {
  return Object.assign(new Error(error.message), { data: errorBody(error) });
}
