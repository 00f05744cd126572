import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms as roomNames } from "@parloir/contracts/ids.ts";
import { networkOf } from "@parloir/platform/client-address.ts";
import { openConnection, prepareSocket } from "./connection.ts";
import type { GatewayContext, GatewaySocket } from "./context.ts";
import { identify, refusal } from "./handshake.ts";
import type { SocketCounts } from "./socket-counts.ts";

/** The handshake of an admitted connection: token, the person and their conversations; then the connection. */
export function acceptConnections(gateway: GatewayContext, counts: SocketCounts): void {
  const { io, log } = gateway;
  const handshakes = gateway.metrics.get("parloir_handshakes_total");

  /**
   * Whoever shows credentials that count for nothing is limited by address, as at the apis. Not those whose token has
   * expired: it was theirs, and after an outage a whole office comes back with such.
   */
  function limited(socket: GatewaySocket, error: unknown): CodedError {
    if (!(error instanceof CodedError)) return new CodedError("INTERNAL", "an internal error");
    if (error.code !== "UNAUTHENTICATED") return error;
    const retryAfterMs = gateway.limits.open.take(networkOf(gateway.clientAddress(socket.request)));
    return retryAfterMs > 0 ? new CodedError("RATE_LIMITED", "too many handshakes", { retryAfterMs }) : error;
  }

  io.use(async (socket, next) => {
    try {
      const identity = await identify(socket, gateway.verifyToken);
      const { userId, role, name, email, issuedAt } = identity;
      await counts.admit(userId, socket.id);
      // Joined before the heads are read, so that a conversation is in them or announced to this gateway.
      await socket.join(roomNames.user(userId));
      await gateway.rooms.subscribed([roomNames.user(userId)]);
      socket.data.handshakeAt = performance.now();
      const session = await gateway.sessions.submit(userId, { userId, role, name, email, issuedAt });
      prepareSocket(socket, identity, session);
      handshakes.inc({ outcome: "ok" });
      next();
    } catch (error) {
      const coded = limited(socket, error);
      if (coded.code === "INTERNAL") log.error({ err: error }, "a handshake failed");
      handshakes.inc({ outcome: coded.code });
      next(refusal(coded));
    }
  });
  io.on("connection", (socket) => openConnection(gateway, socket));
}
