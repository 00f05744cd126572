import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms as roomNames } from "@parloir/contracts/ids.ts";
import { openConnection, prepareSocket } from "./connection.ts";
import type { GatewayContext, GatewayServer } from "./context.ts";
import { identify, refusal } from "./handshake.ts";

/** The handshake of an admitted connection: token, the person and their conversations; then the connection. */
export function acceptConnections(gateway: GatewayContext, socketsPerUser: number): void {
  const { io, log } = gateway;
  const handshakes = gateway.metrics.get("parloir_handshakes_total");
  io.use(async (socket, next) => {
    try {
      const identity = await identify(socket, gateway.verifyToken);
      refuseTooMany(io, identity.userId, socketsPerUser);
      const { userId, role, name, email, issuedAt } = identity;
      // Joined before the heads are read, so that a conversation is in them or announced to this gateway. It also
      // counts from here on: of many connections at once, all would pass the check before the first has joined.
      await socket.join(roomNames.user(userId));
      await gateway.rooms.subscribed([roomNames.user(userId)]);
      socket.data.handshakeAt = performance.now();
      const session = await gateway.sessions.submit(userId, { userId, role, name, email, issuedAt });
      prepareSocket(socket, identity, session);
      handshakes.inc({ outcome: "ok" });
      next();
    } catch (error) {
      const coded = error instanceof CodedError ? error : new CodedError("INTERNAL", "an internal error");
      if (coded !== error) log.error({ err: error }, "a handshake failed");
      handshakes.inc({ outcome: coded.code });
      next(refusal(coded));
    }
  });
  io.on("connection", (socket) => openConnection(gateway, socket));
}

function refuseTooMany(io: GatewayServer, userId: string, limit: number): void {
  const open = io.of("/").adapter.rooms.get(roomNames.user(userId))?.size ?? 0;
  if (limit > 0 && open >= limit) throw new CodedError("RATE_LIMITED", "too many connections of one person");
}
