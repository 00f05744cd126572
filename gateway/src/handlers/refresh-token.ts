import { CodedError } from "@parloir/contracts/errors.ts";
import { scheduleExpiry } from "../expiry.ts";
import type { Handler } from "./handlers.ts";

/** A fresh token of the same person keeps the socket open beyond the old one's expiry; its grants replace the old ones. */
export const refreshToken: Handler<"refresh_token"> = async (gateway, socket, { token }) => {
  const identity = await gateway.verifyToken(token);
  if (identity.userId !== socket.data.user.userId) {
    throw new CodedError("FORBIDDEN", "the token is another person's");
  }
  const { userId, issuedAt } = identity;
  await gateway.standings.submit(userId, { userId, issuedAt });
  socket.data.issuedAt = issuedAt;
  socket.data.expiresAt = identity.expiresAt;
  scheduleExpiry(gateway, socket);
  const former = socket.data.channelGrants;
  socket.data.channelGrants = new Set(identity.channels);
  const lost = [...former].filter((name) => !socket.data.channelGrants.has(name));
  await Promise.all(lost.map((name) => gateway.channels.recheck(name)));
  return { expiresAt: new Date(identity.expiresAt).toISOString() };
};
