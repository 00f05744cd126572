import { CodedError } from "@parloir/contracts/errors.ts";
import { scheduleExpiry } from "../expiry.ts";
import type { Handler } from "./handlers.ts";

/** A fresh token of the same person keeps the socket open beyond the old one's expiry. */
export const refreshToken: Handler<"refresh_token"> = async (gateway, socket, { token }) => {
  const identity = await gateway.verifyToken(token);
  if (identity.userId !== socket.data.user.userId) {
    throw new CodedError("FORBIDDEN", "the token is another person's");
  }
  socket.data.expiresAt = identity.expiresAt;
  scheduleExpiry(gateway, socket);
  return { expiresAt: new Date(identity.expiresAt).toISOString() };
};
